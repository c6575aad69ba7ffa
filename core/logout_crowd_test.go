package core

import (
	"context"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/session"
)

// A logout races eight requests of the same browser, over two nodes with one store: pages
// that write the idle time, and callbacks that renew the token.
func TestLogoutsWinOverRequestsOnTwoNodes(t *testing.T) {
	logouts := rounds(1000) // of each kind
	for rule, requests := range map[string]func(r *rig, b *browser, nodes [2]node) []func() *Outcome{
		"pages": func(_ *rig, b *browser, nodes [2]node) (all []func() *Outcome) {
			for i := range 8 {
				all = append(all, b.asking(nodes[i%2].page, "/"))
			}
			return all
		},
		"pages and one callback on both nodes": func(r *rig, b *browser, nodes [2]node) (all []func() *Outcome) {
			back := b.consent(b.get(nodes[0].prompt, "/profile"))
			for i := range 8 {
				if i < 6 {
					all = append(all, b.asking(nodes[i%2].page, "/"))
				} else {
					all = append(all, b.asking(nodes[i%2].page, back))
				}
			}
			return all
		},
		"callbacks of three tabs": func(r *rig, b *browser, nodes [2]node) (all []func() *Outcome) {
			var back [3]string
			for i := range back {
				back[i] = b.consent(b.get(nodes[i%2].prompt, "/profile"))
			}
			for i := range 8 {
				all = append(all, b.asking(nodes[i%2].page, back[i%3]))
			}
			return all
		},
		"callbacks with the cookies of a callback before them": func(r *rig, b *browser, nodes [2]node) (all []func() *Outcome) {
			for i := range 4 {
				silent, prompt := b.consent(b.get(nodes[i%2].again, "/again")), b.consent(b.get(nodes[i%2].prompt, "/profile"))
				all = append(all, b.asking(nodes[i%2].page, silent, prompt), b.asking(nodes[1-i%2].page, "/"))
			}
			return all
		},
		"callbacks of two tabs": func(r *rig, b *browser, nodes [2]node) (all []func() *Outcome) {
			back := [2]string{b.consent(b.get(nodes[0].prompt, "/a")), b.consent(b.get(nodes[1].prompt, "/b"))}
			for i := range 8 {
				all = append(all, b.asking(nodes[i%2].page, back[i/2%2]))
			}
			return all
		},
	} {
		t.Run(rule, func(t *testing.T) {
			store := session.NewMemory()
			r := newRig(t)
			change := func(c *Config) {
				c.Sessions, c.HTTPClient = manager(store), &http.Client{Transport: r.sim.Transport()}
				c.Sessions.IdleTimeout = 2 * time.Hour
			}
			r.auth = r.instance(change)
			nodes := [2]node{nodeAt(r.auth), nodeAt(r.instance(change))}
			alive := 0
			var passed, turnedAway atomic.Int64
			counted := func(b *browser) (all []func()) {
				for _, ask := range requests(r, b, nodes) {
					all = append(all, func() {
						if out := ask(); out.Status == 0 || out.Status == 303 {
							passed.Add(1)
						} else if out.Status < 500 { // without a shared cache one code brings two nodes to the stuck page
							turnedAway.Add(1)
						} else {
							t.Errorf("a request beside a logout: %d %v", out.Status, out.Err)
						}
					})
				}
				return all
			}
			for round := range logouts {
				b := r.browser()
				b.login(nodes[round%2].page, "/")
				r.advance(6 * time.Minute)
				race := append(counted(b), func() {
					if out := b.ask(nodes[round/2%2].logout, "POST", "/logout"); out.Status != 303 {
						t.Errorf("the logout itself: %d %v", out.Status, out.Err)
					}
				})
				var all sync.WaitGroup
				for _, run := range race {
					all.Go(run)
				}
				all.Wait()
				alive += r.sessionsIn(store)
				every, _ := store.All()
				for key := range every { // notes, so that the next round is as quick
					store.Delete(key)
				}
			}
			if passed.Load() == 0 || rule == "pages" && turnedAway.Load() == 0 {
				t.Errorf("nothing raced: %d before the logout, %d after it", passed.Load(), turnedAway.Load())
			}
			if alive > 0 {
				t.Errorf("rule: after logouts that race %s no session is alive: %d are, after %d logouts", rule, alive, logouts)
			}
		})
	}
}

// node is the gates of one process.
type node struct{ page, prompt, again, logout *Gate }

func nodeAt(a *Auth) node {
	return node{NewGate(ModeRequire, a), NewGate(ModeRequire, a, Prompt), NewGate(ModeRequire, a, MaxAge(time.Minute)), NewGate(ModeLogout, a)}
}

// ask sends a request with the cookies that the browser has now, and keeps none.
func (b *browser) ask(g *Gate, method, target string) *Outcome {
	h := with("User-Agent", b.ua, "Accept", "text/html", "Cookie", b.cookieLine())
	return g.Handle(context.Background(), &Request{Method: method, Target: target, Host: b.host, TLS: b.https, Header: h})
}

// asking is a request that was sent with the cookies of now, and then others with the
// session that came back. A browser without one begins another login.
func (b *browser) asking(g *Gate, targets ...string) func() *Outcome {
	sent := *b
	sent.cookies = maps.Clone(b.cookies)
	return func() (out *Outcome) {
		for _, target := range targets {
			if out != nil {
				if sent.keep(out); sent.cookies["session"] == "" {
					break
				}
			}
			out = sent.ask(g, http.MethodGet, target)
		}
		return out
	}
}
