// Package sitetest walks through an example as a visitor does: over real sockets,
// with cookies, to the simulator and back.
package sitetest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// visitor is a browser that keeps cookies and follows redirects.
type visitor struct {
	base     string
	client   *http.Client
	requests int // to the site, redirects included
}

func newVisitor(t *testing.T, base string) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{base: base}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	v.client = &http.Client{Jar: jar, Transport: counted{v, transport}}
	return v
}

type counted struct {
	v    *visitor
	next http.RoundTripper
}

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(c.v.base, "//"+r.URL.Host) {
		c.v.requests++
	}
	return c.next.RoundTrip(r)
}

// page is what the visitor sees in the end.
type page struct {
	status int
	url    string
	header http.Header
	body   string
}

func (v *visitor) do(t *testing.T, method, address, accept string, form url.Values) page {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.send(t, r)
}

func (v *visitor) send(t *testing.T, r *http.Request) page {
	t.Helper()
	answer, err := v.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{answer.StatusCode, answer.Request.URL.String(), answer.Header, string(body)}
}

func (v *visitor) get(t *testing.T, path string) page {
	t.Helper()
	return v.do(t, http.MethodGet, v.base+path, "text/html", nil)
}

func (v *visitor) script(t *testing.T, path string) page {
	t.Helper()
	return v.do(t, http.MethodGet, v.base+path, "application/json", nil)
}

func (v *visitor) post(t *testing.T, address string, form url.Values) page {
	t.Helper()
	return v.do(t, http.MethodPost, address, "text/html", form)
}

// allow presses Allow on the simulator's consent page.
func (v *visitor) allow(t *testing.T, simURL, consent string) page {
	t.Helper()
	found := uuid.FindStringSubmatch(consent)
	if found == nil {
		t.Fatal("the consent page has no uuid")
	}
	return v.post(t, simURL+wxsim.PathAuthorizeReply, url.Values{"uuid": {found[1]}, "person": {person}, "allow": {"1"}})
}

// answers checks what /api/me says to a script.
func (v *visitor) answers(t *testing.T, openID string, scope core.Scope, nickname string) {
	t.Helper()
	p := v.script(t, "/api/me")
	var u core.User
	if err := json.Unmarshal([]byte(p.body), &u); err != nil || p.status != http.StatusOK {
		t.Fatalf("got %d %q: %v", p.status, p.body, err)
	}
	if u.OpenID != openID || u.Scope != scope || u.Nickname != nickname {
		t.Errorf("got %s", p.body)
	}
	if p.header.Get("Cache-Control") != "no-store" {
		t.Error("the answer may be stored")
	}
}

func (p page) is(t *testing.T, status int, address, name string) {
	t.Helper()
	if p.status != status || p.url != address || !strings.Contains(p.body, `<body data-page="`+name+`">`) {
		t.Errorf("got %d at %s, want %d at %s with the page %q", p.status, p.url, status, address, name)
	}
}

func (p page) has(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(p.body, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}

func (p page) lacks(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(p.body, part) {
			t.Errorf("the page has %s", part)
		}
	}
}
