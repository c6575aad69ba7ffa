package wxsim

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// FuzzRequests sends anything over HTTP: no request makes the simulator panic,
// redirect off the registered domain, write a header in two lines or answer a
// status that is none of its own.
func FuzzRequests(f *testing.F) {
	for _, seed := range [][4]string{
		{"GET", linkFor(callback, scopeBase, "s1"), "", ""},
		{"GET", linkFor("https://evil.example/\r\nX: y", scopeUserInfo, "%0d%0aX:%20y"), "", ""},
		{"POST", PathAuthorizeReply, "uuid=x&person=mei&allow=1", "application/x-www-form-urlencoded"},
		{"GET", siteLink(siteReturn, scopeLogin, "s1"), "", ""},
		{"POST", PathQRConnect, "uuid=\xff&person=mei", "application/x-www-form-urlencoded"},
		{"GET", PathQRPoll + "?uuid=x&last=%zz", "", ""},
		{"POST", PathStableToken, `{"appid":"` + app + `","secret":"` + secret + `","grant_type":"client_credential"}`, ""},
		{"POST", PathFollowers + "?access_token=x", `{"user_list":[{"openid":"\ud800"}]}`, ""},
		{"GET", PathAccessToken + "?appid=" + app + ";secret=%ff", "", ""},
		{"POST", "/_sim/faults", `{"name":"callback_twice"}`, "application/json"},
		{"POST", "/_sim/clock", `{"advance":"9999999h"}`, "application/json"},
		{"DELETE", "/_sim/faults?endpoint=%00", "", ""},
		{"PUT", "/_sim/ips", `{"appid":"` + app + `","ips":["::/0"]}`, "application/json"},
		{"OPTIONS", "/mmopen/vi_32/../../x", "", ""},
		{"GET", "/q/%2e%2e", "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	// New parses every template, which takes a thousand times as long as a request.
	g := siteRig(&testing.T{}, func(c *Config) { c.Transport = inProcess{http.NotFoundHandler()} })
	f.Fuzz(func(t *testing.T, method, target, body, kind string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !strings.HasPrefix(target, "/") || method == "" || strings.ContainsFunc(method, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return // net/http does not hand these on
		}
		if u.Path == PathQRPoll && strings.Contains(u.RawQuery, "uuid") {
			return // may hold for 25 seconds, as it should
		}
		g.Reset()
		r := &http.Request{Method: method, URL: u, RequestURI: target, Host: "127.0.0.1", RemoteAddr: "127.0.0.1:1", Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
		r.Body = http.NoBody
		if body != "" {
			r = httptest.NewRequest("POST", "/", strings.NewReader(body))
			r.Method, r.URL, r.RequestURI = method, u, target
		}
		r.Header.Set("Content-Type", kind)
		start := time.Now()
		w := g.do(r)
		if time.Since(start) > time.Minute {
			t.Errorf("rule: no request takes long; %s %s", method, target)
		}
		switch w.Code {
		case 200, 302, 303, 400, 403, 404, 405, 502:
		default:
			t.Errorf("rule: every status is one of the simulator's; %s %s got %d", method, target, w.Code)
		}
		for name, values := range w.Header() {
			if strings.ContainsAny(strings.Join(values, ""), "\r\n") {
				t.Errorf("rule: a header is one line; %s of %s %s got %q", name, method, target, values)
			}
		}
		if to, err := url.Parse(w.Header().Get("Location")); w.Code == http.StatusFound && (err != nil || to.Hostname() != "app.example.com" && to.Hostname() != "other.example.com" && to.Hostname() != "site.example.com") {
			t.Errorf("rule: a redirect leads to a registered domain; got %q", w.Header().Get("Location"))
		}
	})
}
