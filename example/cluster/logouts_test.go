package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// allow opens WeChat's consent page and allows, and is the target that WeChat redirects to.
func (v *visitor) allow(authorize string) (callback string, err error) {
	stay := *v.client
	stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	browser := *v
	browser.client = &stay
	p, err := browser.send(http.MethodGet, authorize, nil)
	form := consentForm.FindStringSubmatch(p.body)
	if err != nil || form == nil {
		return "", fmt.Errorf("rule: WeChat asks for consent; got %d, %w", p.status, err)
	}
	p, err = browser.send(http.MethodPost, v.world.wechat+wxsim.PathAuthorizeReply, url.Values{"uuid": {form[1]}, "person": {v.person}, "allow": {"1"}})
	if err != nil {
		return "", err
	}
	back, err := url.Parse(p.header.Get("Location"))
	if err != nil || back.Query().Get("code") == "" {
		return "", fmt.Errorf("rule: WeChat sends the visitor back; got %d, %w", p.status, err)
	}
	return back.RequestURI(), nil
}

// twoTabs logs in silently on one node, then asks for the profile on two others: the
// callbacks of two tabs.
func (v *visitor) twoTabs(t testing.TB, one, two, three *process) (tabs [2]string, err error) {
	answer, err := v.tryAt(one, http.MethodGet, "/me", "")
	if err != nil {
		return tabs, err
	}
	answer.Body.Close()
	p, err := v.send(http.MethodGet, answer.Header.Get("Location"), nil) // WeChat, the site, and back at /me
	if err != nil || p.status != http.StatusOK {
		return tabs, fmt.Errorf("rule: a silent login ends on its page; got %d, %w", p.status, err)
	}
	for i, n := range []*process{two, three} {
		answer, err := v.tryAt(n, http.MethodGet, "/profile", v.cookies(t))
		if err != nil {
			return tabs, err
		}
		answer.Body.Close()
		if tabs[i], err = v.allow(answer.Header.Get("Location")); err != nil {
			return tabs, err
		}
	}
	return tabs, nil
}

// Each logout races eight requests of the same browser: the callbacks of two tabs, each at
// all three nodes, and pages. Half of the logouts come after the first callback was
// answered.
func TestLogoutsWinOverRequestsOnThreeNodes(t *testing.T) {
	const atOnce = 8
	n := many(1000, 200)
	w := newWorld(t, options{people: n})
	var renewed atomic.Int64
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, v := range w.visitors(t, n) {
		places <- struct{}{}
		all.Go(func() {
			renewed.Add(v.logsOutAmidRequests(t, i, i%2 == 1))
			<-places
		})
	}
	all.Wait()
	if alive := w.redis.sessions(t); alive != 0 {
		t.Errorf("rule: after a logout no session of the browser is alive; %d are after %d logouts", alive, n)
	}
	if renewed.Load() == 0 {
		t.Error("nothing raced: no callback came before a logout")
	}
	t.Logf("%d callbacks came before one of %d logouts", renewed.Load(), n)
}

// logsOutAmidRequests returns how many callbacks brought a session.
func (v *visitor) logsOutAmidRequests(t *testing.T, i int, late bool) (renewed int64) {
	w := v.world
	one, two, three := w.nodes[i%3], w.nodes[(i+1)%3], w.nodes[(i+2)%3]
	tabs, err := v.twoTabs(t, one, two, three)
	if err != nil {
		t.Error(err)
		return 0
	}
	cookies := v.cookies(t)
	var all sync.WaitGroup
	answered := make(chan struct{}, 8)
	answers := make([]*http.Response, 8)
	for j := range answers {
		all.Go(func() {
			if j < 6 {
				answers[j], _ = v.tryAt(w.nodes[j%3], http.MethodGet, tabs[j%2], cookies)
				answered <- struct{}{}
			} else {
				answers[j], _ = v.tryAt(w.nodes[j%3], http.MethodGet, "/me", cookies)
			}
		})
	}
	all.Go(func() {
		if late {
			<-answered
		}
		answer, err := v.tryAt(three, http.MethodPost, "/logout", cookies)
		if err != nil || answer.StatusCode != http.StatusSeeOther {
			t.Errorf("rule: %s logs out: %v, %v", three.framework, answer, err)
			return
		}
		answer.Body.Close()
	})
	all.Wait()
	for j, answer := range answers {
		if answer == nil || answer.StatusCode >= http.StatusInternalServerError {
			t.Errorf("rule: a request beside a logout is answered: number %d got %v", j, answer)
			continue
		}
		answer.Body.Close()
		if session := cookieOf(answer); session != "" && !strings.HasSuffix(session, "=") {
			renewed++
		}
	}
	return renewed
}

// sessions is how many sessions there are. The names of notes begin with a dot.
func (r *redisServer) sessions(t testing.TB) (n int) {
	t.Helper()
	keys, err := r.client.Keys(t.Context(), "wechat:session:*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if !strings.HasPrefix(key, "wechat:session:.") {
			n++
		}
	}
	if len(keys) == 0 {
		t.Error("Redis holds no key of a session's form: not even a note of a logout")
	}
	return n
}
