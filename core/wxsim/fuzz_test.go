package wxsim

import (
	"encoding/json"
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

// fuzzedForm is a form of the simulator's pages: where it is sent, and its fields, of which
// UUID stands for the number of a page that waits for its answer.
type fuzzedForm struct {
	path   string
	fields string // "name=" is filled by the fuzzer
}

var fuzzedForms = []fuzzedForm{
	{PathAuthorizeReply, "uuid=UUID&person=&allow="}, {PathAuthorizeReply, "uuid=&person=mei&refuse="},
	{PathQRConnect, "uuid=SCREEN&person="}, {PathConfirm, "uuid=SCREEN&person=mei&allow="}, {PathConfirm, "uuid=SCREEN&person=&refuse="},
	{PathProfile, "do=&account="}, {"/", "person="}, {"/", "do=&account="},
	{"/", "do=scan&scene="}, {"/", "do=message&text="}, {"/", "do=menu&button=&key="}, {"/", "do=open&entry=&address="}, {"/", "do=treat&snapshot=&from_menu=&agreed="},
	{"/", "do=fault&name=&times=&endpoint="}, {"/", "do=clear&endpoint="}, {"/", "do=clock&advance="}, {"/", "do=domains&domains="}, {"/", "do=push&url=&token="}, {"/", "do=ticket&platform="},
}

// FuzzForms sends the forms of the pages and the bodies of the control API with anything
// in them: every answer is the simulator's, no page shows a value as markup, every
// document is JSON, and a reset brings everything back.
func FuzzForms(f *testing.F) {
	g := siteRig(&testing.T{}, func(c *Config) { c.Transport = inProcess{http.NotFoundHandler()} })
	operations := g.operations()
	for i := range fuzzedForms {
		f.Add(uint8(i), "mei", "1")
		f.Add(uint8(i), "<script>alert(1)</script>\r\nX: y", "\xff\x00")
	}
	for i := range operations {
		f.Add(uint8(len(fuzzedForms)+i), `{"appid":"`+app+`","person":"mei"}`, "")
		f.Add(uint8(len(fuzzedForms)+i), `{"appid":"<q>","person":7,"extra":[]}`, "x=%00")
	}
	state := func() string { return g.do(httptest.NewRequest("GET", controlPrefix+"state", nil)).Body.String() }
	g.Reset()
	first := state()
	f.Fuzz(func(t *testing.T, which uint8, value, second string) {
		g.Reset()
		g.t = t
		n := int(which) % (len(fuzzedForms) + len(operations))
		var r *http.Request
		if n < len(fuzzedForms) {
			r = g.filledForm(fuzzedForms[n], value, second)
		} else {
			o := operations[n-len(fuzzedForms)]
			r = httptest.NewRequest(o.method, o.path, strings.NewReader(value))
			if o.method == http.MethodGet || o.method == http.MethodDelete {
				r.URL.RawQuery = second
			}
			r.Header.Set("Content-Type", "application/json")
		}
		w := g.do(r)
		switch kind := w.Header().Get("Content-Type"); {
		case w.Code != 200 && w.Code != 302 && w.Code != 303 && w.Code != 400 && w.Code != 403 && w.Code != 404 && w.Code != 405:
			t.Fatalf("rule: every status is one of the simulator's: %d for %s %q", w.Code, r.URL, value)
		case strings.HasPrefix(kind, "text/html") && strings.Contains(w.Body.String(), "<q>"):
			t.Fatalf("rule: no page shows a value as markup: %s %q", r.URL, value)
		case strings.HasPrefix(r.URL.Path, controlPrefix) && !json.Valid(w.Body.Bytes()):
			t.Fatalf("rule: the control API answers in JSON: %s %q: %s", r.URL, value, w.Body)
		case len(w.Body.Bytes()) > 1<<20:
			t.Fatalf("rule: an answer has a bound: %d bytes for %d", len(w.Body.Bytes()), len(value)+len(second))
		}
		for name, values := range w.Header() {
			if strings.ContainsAny(strings.Join(values, ""), "\r\n") {
				t.Fatalf("rule: a header is one line: %s: %q", name, values)
			}
		}
		to, err := url.Parse(w.Header().Get("Location"))
		if onSite := err == nil && (to.Host == "" && !strings.HasPrefix(to.Path, "//") || to.Hostname() == "app.example.com" || to.Hostname() == "site.example.com" || to.Hostname() == "other.example.com"); !onSite && !isOpened(n) {
			t.Fatalf("rule: a form leads to a registered domain or back to the page: %q for %s %q", to, r.URL, value)
		}
		if now := state(); !json.Valid([]byte(now)) {
			t.Fatalf("rule: the simulator can always say how it stands: %s", now)
		}
		if g.Reset(); state() != first {
			t.Fatalf("rule: a reset brings everything back: after %s %q\n%s\n%s", r.URL, value, first, state())
		}
	})
}

// isOpened holds for the form with which a tester opens an address of their own.
func isOpened(form int) bool {
	return form < len(fuzzedForms) && strings.HasPrefix(fuzzedForms[form].fields, "do=open")
}

// filledForm is a form as a browser sends it. Values begin with a mark that no page may
// show as markup.
func (g *rig) filledForm(form fuzzedForm, value, second string) *http.Request {
	filled := url.Values{}
	values := []string{value, "<q>" + second, "<q>" + value}
	for pair := range strings.SplitSeq(form.fields, "&") {
		name, fixed, _ := strings.Cut(pair, "=")
		switch fixed {
		case "":
			fixed, values = values[0], values[1:]
		case "UUID":
			fixed = g.uuidOf(g.get(linkFor(callback, scopeUserInfo, "s1")).Body.String())
		case "SCREEN":
			fixed = g.show()
		}
		filled.Set(name, fixed)
	}
	r := httptest.NewRequest("POST", form.path, strings.NewReader(filled.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// uuidOf is the number in the form of a consent page.
func (g *rig) uuidOf(page string) string {
	_, behind, _ := strings.Cut(page, `name="uuid" value="`)
	uuid, _, _ := strings.Cut(behind, `"`)
	if uuid == "" {
		g.t.Fatalf("rule: a consent page has a uuid: %s", page)
	}
	return uuid
}
