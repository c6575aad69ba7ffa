package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestTheSameCallbackAtTwoNodesAtOnce(t *testing.T) {
	n := many(300, 30)
	w := newWorld(t, options{people: n})
	for i, v := range w.visitors(t, n) {
		one, two := w.nodes[i%3], w.nodes[(i+1)%3]
		callback := v.begin(t, one, "/me")
		w.ResetCalls()
		cookies := v.cookies(t)
		answers := make([]*http.Response, 2)
		errs := make([]error, 2)
		var both sync.WaitGroup
		for j, node := range []*process{one, two} {
			both.Go(func() { answers[j], errs[j] = v.tryAt(node, http.MethodGet, callback, cookies) })
		}
		both.Wait()
		for j, answer := range answers {
			if errs[j] != nil {
				t.Fatal(errs[j])
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusSeeOther {
				t.Errorf("rule: a callback that arrives at two nodes at once logs in at both; got %d", answer.StatusCode)
				continue
			}
			again, err := v.tryAt(w.nodes[(i+2)%3], http.MethodGet, "/me", cookieOf(answer))
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, again).openID(); got != w.OpenID(appID, v.person) {
				t.Errorf("rule: both answers bring a session of the same person; one shows %q", got)
			}
		}
		if got := w.Calls(wxsim.PathAccessToken); got > 2 {
			t.Errorf("rule: one exchange, or a second one that WeChat refuses and the first one's result answers; got %d exchanges", got)
		}
	}
	if rows, logins := w.query(t, "SELECT count(*) FROM members"), w.query(t, "SELECT sum(logins) FROM members"); rows != n || logins != n {
		t.Errorf("rule: OnLogin runs once for a callback at two nodes; %d people, %d logins of %d", rows, logins, n)
	}
}

// cookieOf is the session cookie that an answer sets.
func cookieOf(answer *http.Response) string {
	for _, c := range answer.Cookies() {
		if c.Name == "__Host-session" {
			return c.Name + "=" + c.Value
		}
	}
	return ""
}

func TestTheSameMessageAtTwoNodesAtOnce(t *testing.T) {
	n := many(300, 30)
	w := newWorld(t, options{people: 2 * n}) // only every other one follows
	var failed sync.Map
	copier := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			failed.Store(err.Error(), true)
		}
		var both sync.WaitGroup
		for _, node := range w.nodes[:2] {
			both.Go(func() {
				answer, err := http.Post("http://"+node.address+r.URL.RequestURI(), r.Header.Get("Content-Type"), bytes.NewReader(body))
				if err != nil {
					failed.Store(err.Error(), true)
					return
				}
				answer.Body.Close()
				if answer.StatusCode != http.StatusOK {
					failed.Store(answer.Status, true)
				}
			})
		}
		both.Wait()
		io.WriteString(rw, "success")
	}))
	t.Cleanup(copier.Close)
	if err := w.SetPush(appID, copier.URL+"/wechat/push", token, aesKey); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := w.Follow(context.Background(), appID, person(2*i+1)); err != nil {
			t.Fatal(err)
		}
	}
	failed.Range(func(what, _ any) bool {
		t.Errorf("rule: both nodes acknowledge the message; got %v", what)
		return true
	})
	if !await(func() bool { return w.query(t, "SELECT count(*) FROM members WHERE follows = 1") == n }) {
		t.Errorf("rule: each message reaches a hook; %d of %d", w.query(t, "SELECT count(*) FROM members WHERE follows = 1"), n)
	}
	for _, node := range w.nodes {
		node.stop() // waits for every hook
	}
	if heard := w.query(t, "SELECT sum(heard) FROM members"); heard != n {
		t.Errorf("rule: a message that arrives at two nodes at once calls one hook; %d calls for %d messages", heard, n)
	}
}
