package core

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// farAway is a link to the simulator that takes a while in each direction, and counts.
// A round trip is a connection that is opened, or bytes that wait for an answer.
type farAway struct {
	listener net.Listener
	sim      string
	delay    time.Duration

	mu      sync.Mutex
	changed *sync.Cond // open
	opened  int
	open    int
	turns   int
	conns   sync.WaitGroup
}

func (r *rig) farAway(delay time.Duration) *farAway {
	r.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	f := &farAway{listener: listener, sim: strings.TrimPrefix(r.open, "http://"), delay: delay}
	f.changed = sync.NewCond(&f.mu)
	go f.accept()
	r.t.Cleanup(func() {
		listener.Close()
		f.conns.Wait()
	})
	return f
}

func (f *farAway) url() string { return "http://" + f.listener.Addr().String() }

func (f *farAway) accept() {
	for {
		near, err := f.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", f.sim)
		if err != nil {
			near.Close()
			continue
		}
		f.mu.Lock()
		f.opened++
		f.open++
		f.changed.Broadcast()
		f.mu.Unlock()
		asks := true // the next bytes of the client are a new question
		f.conns.Go(func() { f.carry(far, near, func() { asks = false }, &asks) })
		f.conns.Go(func() { f.carry(near, far, nil, &asks) })
	}
}

// carry moves what it reads, late. The side of the client counts questions.
func (f *farAway) carry(to, from net.Conn, asked func(), asks *bool) {
	defer to.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			if asked != nil {
				f.mu.Lock()
				f.open--
				f.changed.Broadcast()
				f.mu.Unlock()
			}
			return
		}
		f.mu.Lock()
		if asked != nil {
			if *asks {
				f.turns++
			}
			asked()
		} else {
			*asks = true
		}
		f.mu.Unlock()
		time.Sleep(f.delay)
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

// roundTrips counts those that begin while do runs.
func (f *farAway) roundTrips(do func()) int {
	f.mu.Lock()
	opened, turns := f.opened, f.turns
	f.mu.Unlock()
	do()
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.opened - opened + f.turns - turns
}

// settled waits until n connections are open.
func (f *farAway) settled(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.open != n {
		f.changed.Wait()
	}
}

func TestACallbackWaitsForOneRoundTripACall(t *testing.T) {
	tests := []struct {
		rule    string
		options []Option
		ready   int // connections that a start opens
		trips   int // of the callback
		next    int // of the page after it
	}{
		{"a silent login", nil, 1, 1, 0},
		{"a prompted login", []Option{Prompt}, 2, 2, 0},
		{"a silent login and a check of a follower", []Option{MustFollow}, 2, 1, 1},
		{"a prompted login and a check of a follower", []Option{Prompt, MustFollow}, 3, 2, 1},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			r := newRig(t)
			far := r.farAway(10 * time.Millisecond)
			r.auth = r.instance(func(c *Config) { c.APIURL = far.url(); c.FollowQRCode = "https://img.example.com/qr.png" })
			g := r.gate(ModeRequire, tt.options...)
			b := r.browser()
			b.follows(true)
			if tt.next > 0 {
				// The token is fetched while the visitor is away; without waiting for it the
				// test would measure the fetch.
				r.auth.token.Prefetch()
				if _, err := r.auth.token.Token(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			far.settled(0)
			start := b.get(g, "/me")
			far.settled(tt.ready)
			back := b.consent(start)
			var out *Outcome
			// A spare connection for the next login may open meanwhile; no request
			// waits for it.
			if n := far.roundTrips(func() { out = b.get(g, back) }); n < tt.trips || n > tt.trips+1 || out.Status != 303 {
				t.Errorf("rule: %s: the callback takes %d round trips: %d, %d", tt.rule, tt.trips, n, out.Status)
			}
			if n := far.roundTrips(func() { out = b.get(g, "/me") }); n < tt.next || n > tt.next+1 || out.Status != 0 {
				t.Errorf("rule: %s: the page after it takes %d: %d, %d", tt.rule, tt.next, n, out.Status)
			}
			if r.exchanges() != 1 {
				t.Errorf("rule: %s: one exchange: %d", tt.rule, r.exchanges())
			}
		})
	}
}

func TestAFloodOfStartsOpensAHandful(t *testing.T) {
	r := newRig(t)
	far := r.farAway(0)
	r.auth = r.instance(func(c *Config) { c.APIURL = far.url() })
	g := r.gate(ModeRequire, Prompt)
	h := with("User-Agent", inWeChat, "Accept", "text/html")
	begun := time.Now()
	for range 100_000 {
		out := g.Handle(context.Background(), &Request{Method: "GET", Target: "/me", Host: "app.example.com", TLS: true, Header: h})
		if out.Status != 302 {
			t.Fatalf("rule: a flood is answered: %d", out.Status)
		}
	}
	most := 8 + 4*int(time.Since(begun)/time.Second+1)
	far.mu.Lock()
	defer far.mu.Unlock()
	if far.opened == 0 || far.opened > most {
		t.Errorf("rule: 100,000 starts open a handful of connections: %d in %v", far.opened, time.Since(begun))
	}
	t.Logf("100,000 starts in %v opened %d connections", time.Since(begun).Round(time.Millisecond), far.opened)
}

// Whatever happens to the connections that were opened while the visitor was away, the
// simulator sees the code once.
func TestTheCodeIsSentOnce(t *testing.T) {
	for rule, trouble := range map[string]func(near net.Conn) (serve bool){
		"WeChat closes":        func(near net.Conn) bool { near.Close(); return false },
		"WeChat resets":        func(near net.Conn) bool { _ = near.(*net.TCPConn).SetLinger(0); near.Close(); return false },
		"stray bytes come":     func(near net.Conn) bool { _, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n"); return true },
		"WeChat stops sending": func(near net.Conn) bool { _ = near.(*net.TCPConn).CloseWrite(); return false },
		"a whole reply comes before": func(near net.Conn) bool {
			_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
			return true
		},
	} {
		t.Run(rule, func(t *testing.T) {
			r := newRig(t)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			happened := make(chan struct{})
			go func() {
				for n := 0; ; n++ {
					near, err := listener.Accept()
					if err != nil {
						return
					}
					if n == 0 {
						trouble(near)
						close(happened)
						continue
					}
					far, err := net.Dial("tcp", strings.TrimPrefix(r.open, "http://"))
					if err != nil {
						near.Close()
						continue
					}
					go func() { _, _ = io.Copy(far, near); far.Close() }()
					go func() { _, _ = io.Copy(near, far); near.Close() }()
				}
			}()
			r.auth = r.instance(func(c *Config) { c.APIURL = "http://" + listener.Addr().String() })
			g, b := r.gate(ModeRequire), r.browser()
			start := b.get(g, "/me")
			<-happened
			if out := b.get(g, b.consent(start)); out.Status != 303 || b.user(g, "/me") == nil {
				t.Errorf("rule: %s: the visitor is logged in: %d %s", rule, out.Status, out.Body)
			}
			if n := r.sim.Calls(wxsim.PathAccessToken); n != 1 {
				t.Errorf("rule: %s: the code is sent once: %d", rule, n)
			}
		})
	}
}
