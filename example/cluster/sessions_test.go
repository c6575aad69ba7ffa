package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// cookies are what a browser has for the site, for a request that a test sends to one
// node directly.
func (v *visitor) cookies(t testing.TB) string {
	t.Helper()
	var pairs []string
	for _, c := range v.client.Jar.Cookies(siteURL(v.world)) {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return strings.Join(pairs, "; ")
}

func siteURL(w *world) *url.URL {
	site, err := url.Parse(w.proxy.site)
	if err != nil {
		panic(err) // the test made it
	}
	return site
}

// at sends the visitor's request to one node, as nginx would, and follows no redirect.
// The cookies that come back are kept.
func (v *visitor) at(t testing.TB, n *process, method, target string) *http.Response {
	t.Helper()
	answer, err := v.tryAt(n, method, target, v.cookies(t))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func (v *visitor) tryAt(n *process, method, target, cookies string) (*http.Response, error) {
	site := siteURL(v.world)
	r, err := http.NewRequest(method, "http://"+n.address+target, nil)
	if err != nil {
		return nil, err
	}
	r.Host = site.Host
	r.Header.Set("Cookie", cookies)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("User-Agent", phone)
	r.Header.Set("Origin", v.world.proxy.site)
	r.Header.Set("X-Forwarded-Proto", "https")
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, withoutURL(err)
	}
	v.client.Jar.SetCookies(site, answer.Cookies())
	return answer, nil
}

// begin starts a login on a node; the callback that WeChat then sends the browser to is
// returned as a target.
func (v *visitor) begin(t testing.TB, n *process, target string) (callback string) {
	t.Helper()
	answer := v.at(t, n, http.MethodGet, target)
	answer.Body.Close()
	if answer.StatusCode != http.StatusFound {
		t.Fatalf("rule: %s sends the visitor to WeChat; got %d", n.framework, answer.StatusCode)
	}
	return v.permit(t, answer.Header.Get("Location"))
}

// permit opens WeChat's page, and is the target that WeChat redirects to.
func (v *visitor) permit(t testing.TB, authorize string) (callback string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, authorize, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", phone)
	r.AddCookie(&http.Cookie{Name: "wxsim_person", Value: v.person})
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	back, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || answer.StatusCode != http.StatusFound {
		t.Fatalf("rule: WeChat sends the visitor back; got %d, %v", answer.StatusCode, err)
	}
	return back.RequestURI()
}

func TestASessionIsASessionOnEveryFramework(t *testing.T) {
	w := newWorld(t, options{people: 3})
	for i, first := range w.nodes {
		v := w.visitors(t, 3)[i]
		back := v.at(t, first, http.MethodGet, v.begin(t, first, "/me"))
		back.Body.Close()
		if back.StatusCode != http.StatusSeeOther || back.Header.Get("Location") != w.proxy.site+"/me" {
			t.Fatalf("rule: a login on %s ends at the address asked for; got %d %s", first.framework, back.StatusCode, back.Header.Get("Location"))
		}
		for _, n := range w.nodes {
			if got := v.seenAt(t, n, "/me"); got != w.OpenID(appID, v.person) {
				t.Errorf("rule: who is logged in on %s is logged in on %s; it shows %q", first.framework, n.framework, got)
			}
		}
		last := w.nodes[(i+1)%3]
		out := v.at(t, last, http.MethodPost, "/logout")
		out.Body.Close()
		if out.StatusCode != http.StatusSeeOther {
			t.Fatalf("rule: %s logs out; got %d", last.framework, out.StatusCode)
		}
		for _, n := range w.nodes {
			if got := v.seenAt(t, n, "/"); got != "" {
				t.Errorf("rule: who logged out on %s is logged out on %s; it shows %q", last.framework, n.framework, got)
			}
		}
	}
}

// seenAt is whose page a node shows; "" for nobody's.
func (v *visitor) seenAt(t testing.TB, n *process, target string) string {
	t.Helper()
	answer := v.at(t, n, http.MethodGet, target)
	return read(t, answer).openID()
}

func TestALoginBegunCalledBackAndFinishedOnThreeNodes(t *testing.T) {
	w := newWorld(t, options{people: 6})
	orders := [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	for i, v := range w.visitors(t, len(orders)) {
		begun, called, finished := w.nodes[orders[i][0]], w.nodes[orders[i][1]], w.nodes[orders[i][2]]
		name := begun.framework + ", " + called.framework + ", " + finished.framework
		w.ResetCalls()
		back := v.at(t, called, http.MethodGet, v.begin(t, begun, "/me?from=menu"))
		back.Body.Close()
		if back.StatusCode != http.StatusSeeOther || back.Header.Get("Location") != w.proxy.site+"/me?from=menu" {
			t.Errorf("rule: a login may go over three nodes (%s); the callback got %d %s", name, back.StatusCode, back.Header.Get("Location"))
			continue
		}
		if got := v.seenAt(t, finished, "/me?from=menu"); got != w.OpenID(appID, v.person) {
			t.Errorf("rule: a login may go over three nodes (%s); the last one shows %q", name, got)
		}
		if got := w.Calls(wxsim.PathAccessToken); got != 1 {
			t.Errorf("rule: a login over three nodes (%s) is one exchange; got %d", name, got)
		}
	}
}
