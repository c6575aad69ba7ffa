package adaptertest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const wechatAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0.50(0x1800323b) NetType/WIFI Language/zh_CN"

// browser is one visitor's: it keeps cookies per host and port, and follows
// redirects without parsing them into anything that would change their bytes.
type browser struct {
	rig    *rig
	agent  string
	person string                       // who WeChat takes the visitor for
	jar    map[string]map[string]string // host -> name -> value
	logins []string                     // scopes of the logins it was sent to
}

func (g *rig) browser(person string) *browser {
	b := &browser{rig: g, agent: wechatAgent, person: person, jar: map[string]map[string]string{}}
	b.jar[hostOf(g.simURL)] = map[string]string{"wxsim_person": person}
	return b
}

// ask sends one request to the app and follows nothing. extra are header lines.
func (b *browser) ask(method, target string, extra ...string) (*answer, error) {
	return b.send(b.rig.appURL, method, target, "", extra...)
}

// open goes to a page of the app and follows redirects until there is a page.
// Nothing but the app's and WeChat's addresses is followed.
func (b *browser) open(target string, extra ...string) (*answer, error) {
	base := b.rig.appURL
	for range 12 {
		a, err := b.send(base, "GET", target, "", extra...)
		if err != nil {
			return nil, err
		}
		if uuid := consentForm.FindSubmatch(a.body); base == b.rig.simURL && uuid != nil {
			form := "uuid=" + string(uuid[1]) + "&person=" + b.person + "&allow=1"
			if a, err = b.send(base, "POST", "/connect/oauth2/authorize_reply", form, "Content-Type: application/x-www-form-urlencoded"); err != nil {
				return nil, err
			}
		}
		to := a.header.Get("Location")
		if to == "" {
			return a, nil
		}
		if base, target, err = b.rig.split(to); err != nil {
			return nil, fmt.Errorf("%w, from %s", err, a.url)
		}
	}
	return nil, fmt.Errorf("redirects do not end; logins: %v", b.logins)
}

var consentForm = regexp.MustCompile(`name="uuid" value="([0-9A-Za-z]+)"`)

// report opens a page and reads what its handler saw.
func (b *browser) report(target string) (*report, error) {
	a, err := b.open(target)
	if err != nil {
		return nil, err
	}
	return reportOf(a)
}

func (b *browser) send(base, method, target, body string, extra ...string) (*answer, error) {
	host := hostOf(base)
	if strings.HasPrefix(target, "/connect/oauth2/authorize?") {
		if u, err := url.Parse(target); err == nil {
			b.logins = append(b.logins, u.Query().Get("scope"))
		}
	}
	a, err := once(host, b.raw(base, method, target, body, extra...))
	if err != nil {
		return nil, err
	}
	a.url = base + target
	b.keep(host, a.header)
	return a, nil
}

// raw is a request as this browser writes it: always in the same order, so that
// requests of two visitors have their values at the same places.
func (b *browser) raw(base, method, target, body string, extra ...string) string {
	var s strings.Builder
	line := func(name, value string) { s.WriteString(name + ": " + value + "\r\n") }
	s.WriteString(method + " " + target + " HTTP/1.1\r\n")
	line("Host", hostOf(base))
	line("User-Agent", b.agent)
	if !slices.ContainsFunc(extra, func(l string) bool { return strings.HasPrefix(l, "Accept:") }) {
		line("Accept", "text/html,application/xhtml+xml")
	}
	if cookies := b.cookies(hostOf(base)); cookies != "" {
		line("Cookie", cookies)
	}
	for _, l := range extra {
		s.WriteString(l + "\r\n")
	}
	if body != "" || method == http.MethodPost {
		line("Content-Length", strconv.Itoa(len(body)))
	}
	s.WriteString("\r\n" + body)
	return s.String()
}

func (b *browser) cookies(host string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(b.jar[host])) {
		pairs = append(pairs, name+"="+b.jar[host][name])
	}
	return strings.Join(pairs, "; ")
}

func (b *browser) keep(host string, h http.Header) {
	if b.jar[host] == nil {
		b.jar[host] = map[string]string{}
	}
	for _, line := range h["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		switch {
		case err != nil:
		case c.MaxAge < 0:
			delete(b.jar[host], c.Name)
		default:
			b.jar[host][c.Name] = c.Value
		}
	}
}

func hostOf(base string) string { return strings.TrimPrefix(base, "http://") }
