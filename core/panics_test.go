package core

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/session"
)

// panicky is a store and a codec that panic in every call once they are told to.
type panicky struct {
	*session.Memory
	on bool
}

func (p *panicky) fault() {
	if p.on {
		panic(testSecret)
	}
}

func (p *panicky) Find(token string) ([]byte, bool, error) {
	p.fault()
	return p.Memory.Find(token)
}

func (p *panicky) Commit(token string, b []byte, expires time.Time) error {
	p.fault()
	return p.Memory.Commit(token, b, expires)
}

func (p *panicky) Delete(token string) error {
	p.fault()
	return p.Memory.Delete(token)
}

// panickyCodec panics in Encode and Decode.
type panickyCodec struct{ *panicky }

func (p panickyCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	p.fault()
	return scs.GobCodec{}.Encode(deadline, values)
}

func (p panickyCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	p.fault()
	return scs.GobCodec{}.Decode(b)
}

func TestHandleNeverPanics(t *testing.T) {
	for name, change := range map[string]func(*Config, *panicky){
		"the session store":                 func(c *Config, p *panicky) { c.Sessions = manager(p) },
		"the session store, with Codec":     func(c *Config, p *panicky) { c.Sessions = manager(p); c.Sessions.Codec = Codec{} },
		"the session store, with idle time": func(c *Config, p *panicky) { c.Sessions = manager(p); c.Sessions.IdleTimeout = time.Minute },
		"the session codec": func(c *Config, p *panicky) {
			c.Sessions = manager(session.NewMemory())
			c.Sessions.Codec = panickyCodec{p}
		},
		"the cache":                         func(c *Config, p *panicky) { c.Cache = p },
		"the cache that keeps tokens":       func(c *Config, p *panicky) { c.Cache = p; c.KeepTokens = true },
		"the logger, and the session store": func(c *Config, p *panicky) { c.Sessions = manager(p); c.Logger = slog.New(panickyLog{p}) },
		"the session store and the hooks": func(c *Config, p *panicky) {
			c.Sessions = manager(p)
			c.OnLogin = func(context.Context, *User) error { p.fault(); return nil }
		},
		"the session store, hashing tokens": func(c *Config, p *panicky) { c.Sessions = manager(p); c.Sessions.HashTokenInStore = true },
		"a transport that calls WeChat":     func(c *Config, p *panicky) { c.HTTPClient = &http.Client{Transport: panickyTransport{p}} },
		"a transport, with the session store": func(c *Config, p *panicky) {
			c.Sessions = manager(p)
			c.HTTPClient = &http.Client{Transport: panickyTransport{p}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := &panicky{Memory: session.NewMemory()}
			r := newRig(t, func(c *Config) { change(c, p) })
			b := r.browser()
			b.login(r.gate(ModeRequire), "/")
			back := b.consent(b.get(r.gate(ModeRequire, Prompt), "/profile"))
			p.on = true
			r.advance(6 * time.Minute) // an idle time is due
			for _, c := range []struct {
				mode   Mode
				method string
				target string
			}{{ModeRequire, "GET", "/me"}, {ModeOptional, "GET", "/me"}, {ModeLogin, "GET", "/login"}, {ModeRequire, "GET", back}, {ModeLogout, "POST", "/logout"}} {
				for _, header := range []http.Header{nil, with("X-Requested-With", "XMLHttpRequest")} {
					tab := *b
					tab.cookies = map[string]string{}
					for k, v := range b.cookies {
						tab.cookies[k] = v
					}
					options := []Option{Prompt}
					if c.mode == ModeLogout {
						options = nil // it starts no login
					}
					out := tab.send(r.gate(c.mode, options...), c.method, c.target, header)
					if out == nil || out.Status != 503 && out.Status != 0 && out.Status != 303 && out.Status != 302 && out.Status != 401 {
						t.Errorf("rule: what panics is what fails: mode %d %s: %+v", c.mode, c.target, out)
					}
					if strings.Contains(string(out.Body), testSecret) || strings.Contains(r.log.String(), testSecret) {
						t.Error("rule: no part of a panic's value is shown or logged")
					}
				}
			}
			p.on = false
			again := r.browser()
			if again.login(r.gate(ModeRequire), "/") != "/" {
				t.Error("rule: logins go on when it is over")
			}
		})
	}
}

type panickyLog struct{ *panicky }

func (panickyLog) Enabled(context.Context, slog.Level) bool    { return true }
func (l panickyLog) Handle(context.Context, slog.Record) error { l.fault(); return nil }
func (l panickyLog) WithAttrs([]slog.Attr) slog.Handler        { return l }
func (l panickyLog) WithGroup(string) slog.Handler             { return l }

type panickyTransport struct{ *panicky }

func (p panickyTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	p.fault()
	return http.DefaultTransport.RoundTrip(r)
}

func TestAStoreThatPanicsIsA503(t *testing.T) {
	p := &panicky{Memory: session.NewMemory()}
	r := newRig(t, func(c *Config) { c.Sessions = manager(p) })
	b, g := r.browser(), r.gate(ModeRequire)
	b.login(g, "/")
	p.on = true
	if out := b.get(g, "/me"); out.Status != 503 || b.cookies["session"] == "" {
		t.Errorf("rule: a store that panics is a 503, and the visitor stays logged in: %d", out.Status)
	}
	if out := b.send(r.gate(ModeLogout), "POST", "/logout", nil); out.Status != 503 {
		t.Errorf("rule: a logout that cannot be written says so: %d", out.Status)
	}
	p.on = false
	if b.user(g, "/me") == nil {
		t.Error("rule: and the visitor is logged in when the store is back")
	}
}

// readOnly is a store that can be read and not written.
type readOnly struct {
	*session.Memory
	on      bool
	panics  bool
	commits int
}

func (s *readOnly) Commit(token string, b []byte, expires time.Time) error {
	s.commits++
	switch {
	case s.on && s.panics:
		panic("of the store's own")
	case s.on:
		return errors.New("read only")
	}
	return s.Memory.Commit(token, b, expires)
}

func TestAStoreThatCannotBeWrittenKeepsNobodyOut(t *testing.T) {
	for _, panics := range []bool{false, true} {
		for _, mode := range []Mode{ModeRequire, ModeOptional} {
			store := &readOnly{Memory: session.NewMemory(), panics: panics}
			r := newRig(t, func(c *Config) { c.Sessions = manager(store); c.Sessions.IdleTimeout = 2 * time.Hour })
			b, g := r.browser(), r.gate(mode)
			b.login(r.gate(ModeRequire), "/")
			r.advance(6 * time.Minute)
			store.on, store.commits = true, 0
			for range 10 {
				if out := b.get(g, "/me"); out.Status != 0 || len(out.Header.Values("Set-Cookie")) != 0 {
					t.Errorf("rule: while only the idle time is due, a store that cannot be written keeps nobody out: %d %v", out.Status, out.Header)
				}
				if u := b.user(g, "/me"); u == nil {
					t.Error("rule: and the handler knows the visitor")
				}
			}
			if store.commits != 1 || strings.Count(r.log.String(), "idle time") != 1 {
				t.Errorf("rule: a failing store is tried and reported every 5 seconds, not on every request: %d writes", store.commits)
			}
			r.advance(6 * time.Second)
			store.on = false
			if out := b.get(g, "/me"); out.Status != 0 || len(out.Header.Values("Set-Cookie")) != 1 {
				t.Errorf("rule: the idle time is written when the store is back: %v", out.Header)
			}
			// A login is something else: it must be written.
			store.on = true
			fresh := r.browser()
			if out := fresh.get(r.gate(ModeRequire), fresh.consent(fresh.get(r.gate(ModeRequire), "/"))); out.Status != 503 {
				t.Errorf("rule: a login that cannot be written is a 503: %d", out.Status)
			}
		}
	}
}

func TestASwitchToCodecKeepsVisitorsLoggedIn(t *testing.T) {
	store := session.NewMemory()
	r := newRig(t, func(c *Config) { c.Sessions = manager(store) })
	b := r.browser()
	b.login(r.gate(ModeRequire), "/")
	for _, codec := range []scs.Codec{Codec{WriteGob: true}, &Codec{}, Codec{}} {
		gate := NewGate(ModeRequire, r.instance(func(c *Config) { c.Sessions = manager(store); c.Sessions.Codec = codec }))
		for range 2 {
			if b.user(gate, "/me") == nil {
				t.Errorf("rule: a switch to %+v logs nobody out", codec)
			}
		}
	}
	raw, _, _ := store.Find(b.cookies["session"])
	if gob, _ := (scs.GobCodec{}).Encode(time.Now(), nil); len(raw) == 0 || raw[0] == gob[0] {
		t.Error("rule: the session is written anew")
	}
}
