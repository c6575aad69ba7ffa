package e2e

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// trail is where a window went: every document it asked for, redirects too.
type trail struct {
	names *strings.Replacer // "site" and "wechat" for addresses with a port

	mu     sync.Mutex
	window cdp.FrameID
	steps  []*step
	taken  int
	keys   map[string]bool // every code and state
}

type step struct {
	request network.RequestID
	method  string
	url     string
	status  int64
}

func newTrail(window cdp.FrameID, site, wechat string) *trail {
	return &trail{window: window, keys: map[string]bool{}, names: strings.NewReplacer(
		site, "site", url.QueryEscape(site), "site", wechat, "wechat")}
}

// watch takes the browser's events.
func (l *trail) watch(event any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Type != network.ResourceTypeDocument || e.FrameID != l.window {
			return
		}
		if e.RedirectResponse != nil {
			l.answered(e.RequestID, e.RedirectResponse.Status)
		}
		l.steps = append(l.steps, &step{request: e.RequestID, method: e.Request.Method, url: l.shown(e.Request)})
		l.keep(e.Request.URL)
	case *network.EventResponseReceived:
		l.answered(e.RequestID, e.Response.Status)
	}
}

// shown leaves the fragment out except on the link to WeChat, where it counts.
// Browsers hand it on through redirects to whatever comes next, unless that has
// one of its own (Fetch, HTTP-redirect fetch), and no server ever sees it.
func (l *trail) shown(r *network.Request) string {
	if strings.Contains(r.URL, wxsim.PathAuthorize+"?") {
		return r.URL + r.URLFragment
	}
	return r.URL
}

// answered notes the status of the last step of a request.
func (l *trail) answered(request network.RequestID, status int64) {
	for i := len(l.steps) - 1; i >= 0; i-- {
		if l.steps[i].request == request {
			l.steps[i].status = status
			return
		}
	}
}

func (l *trail) keep(address string) {
	u, err := url.Parse(address)
	if err != nil {
		return
	}
	for _, name := range []string{"code", "state"} {
		if value := u.Query().Get(name); value != "" {
			l.keys[value] = true
		}
	}
}

var keyInURL = regexp.MustCompile(`([?&](?:code|state)=)[^&#]*`)

// take returns the steps since the last call, such as "GET site/me 302", without
// the values of codes and states.
func (l *trail) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for _, s := range l.steps[l.taken:] {
		address := keyInURL.ReplaceAllString(l.names.Replace(s.url), "${1}…")
		lines = append(lines, fmt.Sprintf("%s %s %d", s.method, address, s.status))
	}
	l.taken = len(l.steps)
	return lines
}

// secrets are the codes and states that this browser was given.
func (l *trail) secrets() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []string
	for key := range l.keys {
		all = append(all, key)
	}
	return all
}
