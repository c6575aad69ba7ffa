package adaptertest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

// browser is the browser of one visitor. It keeps cookies per host and port, and
// follows redirects as they are: a URL that is parsed and printed again may change.
type browser struct {
	fixture *fixture
	agent   string
	person  string                 // id of the person in the simulator
	jar     map[string]rawhttp.Jar // host -> name -> value
	logins  []string               // scopes of the logins that it was redirected to
}

func (f *fixture) browser(person string) *browser {
	b := &browser{fixture: f, agent: rawhttp.WeChatAgent, person: person, jar: map[string]rawhttp.Jar{}}
	b.jar[rawhttp.Host(f.simURL)] = rawhttp.Jar{"wxsim_person": person}
	return b
}

// ask sends one request to the app and follows no redirect. extra are header lines.
func (b *browser) ask(method, target string, extra ...string) (*rawhttp.Answer, error) {
	return b.send(b.fixture.appURL, method, target, "", extra...)
}

// open asks for a page of the app and follows redirects until there is none. It
// follows only addresses of the app and of WeChat.
func (b *browser) open(target string, extra ...string) (*rawhttp.Answer, error) {
	base := b.fixture.appURL
	for range 12 {
		a, err := b.send(base, "GET", target, "", extra...)
		if err != nil {
			return nil, err
		}
		if form, ok := rawhttp.ConsentForm(a.Body, b.person); ok && base == b.fixture.simURL {
			if a, err = b.send(base, "POST", "/connect/oauth2/authorize_reply", form, "Content-Type: application/x-www-form-urlencoded"); err != nil {
				return nil, err
			}
		}
		to := a.Header.Get("Location")
		if to == "" {
			return a, nil
		}
		if base, target, err = b.fixture.split(to); err != nil {
			return nil, fmt.Errorf("%w, from %s", err, a.URL)
		}
	}
	return nil, fmt.Errorf("redirects do not end; logins: %v", b.logins)
}

// report opens a page and returns what its handler saw.
func (b *browser) report(target string) (*report.Report, error) {
	a, err := b.open(target)
	if err != nil {
		return nil, err
	}
	return report.Of(a)
}

func (b *browser) send(base, method, target, body string, extra ...string) (*rawhttp.Answer, error) {
	host := rawhttp.Host(base)
	if strings.HasPrefix(target, "/connect/oauth2/authorize?") {
		if u, err := url.Parse(target); err == nil {
			b.logins = append(b.logins, u.Query().Get("scope"))
		}
	}
	a, err := rawhttp.Once(host, b.raw(base, method, target, body, extra...))
	if err != nil {
		return nil, err
	}
	a.URL = base + target
	b.keep(host, a.Header)
	return a, nil
}

// raw is a request as this browser writes it. The order of the lines is fixed, so
// that requests of two visitors have their values at the same places.
func (b *browser) raw(base, method, target, body string, extra ...string) string {
	host := rawhttp.Host(base)
	return rawhttp.Request{
		Method: method, Target: target, Host: host, Cookie: b.cookies(host), Lines: extra, Body: body,
		Usual: [][2]string{{"User-Agent", b.agent}, {"Accept", "text/html,application/xhtml+xml"}},
	}.String()
}

func (b *browser) cookies(host string) string { return b.jar[host].Line() }

func (b *browser) keep(host string, h http.Header) {
	if b.jar[host] == nil {
		b.jar[host] = rawhttp.Jar{}
	}
	b.jar[host].Keep(h)
}
