package core

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxsim"
)

type counting struct {
	scs.Store
	commits int
}

func (c *counting) Commit(token string, b []byte, expires time.Time) error {
	c.commits++
	return c.Store.Commit(token, b, expires)
}

func TestWhatTheAppKeepsSurvivesAnUpgrade(t *testing.T) {
	m := manager(session.NewMemory())
	r := newRig(t, func(c *Config) { c.Sessions = m })
	b := r.browser()
	b.login(r.gate(ModeRequire), "/")
	ctx, _ := m.Load(context.Background(), b.cookies["session"]) // as a fiber handler does
	m.Put(ctx, "cart", "full")
	m.Commit(ctx)
	old := b.cookies["session"]
	b.login(r.gate(ModeRequire, Prompt), "/profile")
	ctx, _ = m.Load(context.Background(), b.cookies["session"])
	if m.GetString(ctx, "cart") != "full" || b.cookies["session"] == old {
		t.Errorf("%q under %q", m.GetString(ctx, "cart"), b.cookies["session"])
	}
}

func appWithLoadAndSave(r *rig, m *scs.SessionManager, g *Gate, handler http.HandlerFunc) http.Handler {
	return m.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.Header.Set("X-Forwarded-Proto", "https")
		out := g.Handle(req.Context(), &Request{Method: req.Method, Target: req.RequestURI, Host: req.Host, TLS: true, Header: req.Header})
		for name, values := range out.Header {
			for _, v := range values {
				w.Header().Add(name, v)
			}
		}
		if out.Status != 0 {
			w.WriteHeader(out.Status)
			w.Write(out.Body)
			return
		}
		handler(w, req.WithContext(out.Context))
	}))
}

func TestWhoeverLoadedTheSessionWritesItsCookie(t *testing.T) {
	m := manager(memstore.NewWithCleanupInterval(0))
	r := newRig(t, func(c *Config) { c.Sessions = m })
	g := r.gate(ModeRequire)
	app := appWithLoadAndSave(r, m, g, func(w http.ResponseWriter, req *http.Request) {
		m.Put(req.Context(), "cart", m.GetString(req.Context(), "cart")+"x")
		u, _ := FromContext(req.Context())
		io.WriteString(w, u.OpenID+" "+m.GetString(req.Context(), "cart"))
	})
	b := r.browser()
	send := func(target string) *Outcome {
		req := httptest.NewRequest("GET", target, nil)
		req.Header = with("User-Agent", inWeChat, "Accept", "text/html")
		for name, value := range b.cookies {
			req.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, req)
		out := &Outcome{Status: w.Code, Header: w.Header(), Body: w.Body.Bytes()}
		b.keep(out)
		return out
	}
	out := send(b.consent(send("/me")))
	var sessions int
	for _, c := range out.Header.Values("Set-Cookie") {
		if strings.HasPrefix(c, "session=") {
			sessions++
		}
	}
	if b.arrives(out) != "/me" || sessions != 1 {
		t.Errorf("one session cookie, written by LoadAndSave: %v", out.Header)
	}
	send("/me")
	if out := send("/me"); !strings.HasSuffix(string(out.Body), " xx") {
		t.Errorf("the app's own values live beside the user: %s", out.Body)
	}
	m.IdleTimeout = time.Hour
	r.advance(10 * time.Minute)
	counted := &counting{Store: m.Store}
	m.Store = counted
	if out := send("/me"); len(out.Header.Values("Set-Cookie")) != 1 || counted.commits != 1 {
		t.Errorf("the idle time is LoadAndSave's to write, once: %d commits, %v", counted.commits, out.Header)
	}
	m.IdleTimeout = 0
	// Another person in the same browser finds nothing of the first one's.
	r.advance(2 * time.Second)
	fresh := r.browser()
	fresh.cookies = map[string]string{"__Host-" + r.auth.binding: b.cookies["__Host-"+r.auth.binding]}
	fresh.person = wxsim.DefaultPeople()[1].ID
	send(fresh.consent(fresh.get(g, "/me")))
	if out := send("/me"); string(out.Body) != r.sim.OpenID(testAppID, fresh.person)+" x" {
		t.Errorf("the first person's values are gone: %s", out.Body)
	}
	// A store that fails at login is a 503, though LoadAndSave would have written
	// a page under a 500.
	broken := &failing{Store: m.Store}
	m.Store = broken
	b.cookies = map[string]string{}
	start := send("/me")
	back := b.consent(start)
	broken.commit = true
	if out := send(back); out.Status != 503 && out.Status != 500 || out.Header.Get("Location") != "" {
		t.Errorf("%d %v", out.Status, out.Header)
	}
}

// The browser keeps a left-over cookie of the session's name, and sends it before the
// app's own until an answer removes it.
func TestALeftOverSessionCookieKeepsNobodyOut(t *testing.T) {
	for rule, c := range map[string]struct {
		domain string
		logins int // after which the page is there; 0 for never
	}{
		"the app's cookie has a domain: the left-over is removed":            {"example.com", 2},
		"the app's cookie has none: whose the other is cannot be told apart": {"", 0},
	} {
		m := manager(memstore.NewWithCleanupInterval(0))
		m.Cookie.Domain = c.domain
		r := newRig(t, func(conf *Config) { conf.Sessions = m })
		app := appWithLoadAndSave(r, m, r.gate(ModeRequire), func(w http.ResponseWriter, _ *http.Request) {})
		b := r.browser()
		leftOver := strings.Repeat("l", 43)
		send := func(target string) *Outcome {
			req := httptest.NewRequest("GET", target, nil)
			req.Header = with("User-Agent", inWeChat, "Accept", "text/html")
			if leftOver != "" {
				req.AddCookie(&http.Cookie{Name: "session", Value: leftOver})
			}
			for name, value := range b.cookies {
				req.AddCookie(&http.Cookie{Name: name, Value: value})
			}
			w := httptest.NewRecorder()
			app.ServeHTTP(w, req)
			out := &Outcome{Status: w.Code, Header: http.Header{}, Body: w.Body.Bytes()}
			for _, line := range w.Header().Values("Set-Cookie") {
				if cookie, _ := http.ParseSetCookie(line); cookie.Domain == "" && cookie.MaxAge < 0 {
					leftOver = ""
					continue
				}
				out.Header.Add("Set-Cookie", line)
			}
			out.Header["Location"] = w.Header()["Location"]
			b.keep(out)
			return out
		}
		out, logins := send("/me"), 0
		for range 20 {
			if out.Status == 302 {
				out = send(b.consent(out))
			}
			if out.Status != 303 {
				break
			}
			logins++
			out = send(b.arrives(out))
		}
		if c.logins > 0 && (out.Status != 200 || logins > c.logins) {
			t.Errorf("rule: %s: %d after %d logins", rule, out.Status, logins)
		}
		if c.logins == 0 && (out.Status != 400 || !strings.Contains(r.log.String(), "cookies named")) {
			t.Errorf("rule: %s; the log names them: %d\n%s", rule, out.Status, r.log.String())
		}
	}
}
