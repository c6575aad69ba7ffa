package session

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

func TestALoginRemovesALeftOverCookieWithoutADomain(t *testing.T) {
	for rule, c := range map[string]struct {
		domain string
		sent   int
		loaded bool
		twins  int
	}{
		"two cookies of one name, LoadAndSave outside":           {"example.com", 2, true, 1},
		"two cookies of one name":                                {"example.com", 2, false, 1},
		"the left-over cookie alone, before the first login":     {"example.com", 1, true, 1},
		"no cookie: there is none to remove":                     {"example.com", 0, true, 0},
		"the app's own cookie has no domain: it is the only one": {"", 2, true, 0},
		"the same without LoadAndSave":                           {"", 1, false, 0},
	} {
		m := managerOn(NewMemory())
		m.Cookie.Domain, m.Cookie.Path, m.Cookie.Secure = c.domain, "/app", true
		s := sessionsOf(t, m)
		tokens := []string{strings.Repeat("l", tokenDigits), strings.Repeat("m", tokenDigits)}[:c.sent]
		ctx, was := context.Background(), Stored{}
		if c.loaded {
			ctx, _ = m.Load(ctx, "")
			was.Loaded = true
		}
		w, err := s.Login(ctx, was, []byte("record"), false, cookies(s, tokens...), true)
		if err != nil {
			t.Fatal(err)
		}
		twins := 0
		for _, line := range w.Header.Values("Set-Cookie") {
			cookie, err := http.ParseSetCookie(line)
			if err != nil {
				t.Fatal(err)
			}
			if cookie.MaxAge < 0 {
				twins++
				if cookie.Name != m.Cookie.Name || cookie.Domain != "" || cookie.Path != "/app" || !cookie.Secure {
					t.Errorf("rule: only the cookie of this very host, name and path is removed: %s", line)
				}
			}
		}
		if twins != c.twins || !c.loaded && len(w.Header.Values("Set-Cookie")) != 1+c.twins {
			t.Errorf("rule: %s: %q", rule, w.Header.Values("Set-Cookie"))
		}
	}
	private := sessionsOf(t, nil)
	w, err := private.Login(context.Background(), Stored{}, []byte("r"), false, cookies(private, strings.Repeat("x", tokenDigits)), true)
	if err != nil || len(w.Header.Values("Set-Cookie")) != 1 {
		t.Errorf("rule: a private session's cookie has no domain and no twin: %v %v", w.Header, err)
	}
}

func TestSessionCookiesAreCounted(t *testing.T) {
	s := sessionsOf(t, managerOn(NewMemory()))
	if n := s.CookiesSent(cookies(s, "a", "", "b"), true); n != 3 {
		t.Errorf("rule: each counts, whatever it holds: %d", n)
	}
}
