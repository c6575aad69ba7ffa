package session

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

// neighbours are the sessions of two accounts in one manager, or in one private store.
func neighbours(t testing.TB, m *scs.SessionManager) (a, b *Sessions) {
	t.Helper()
	shared := NewMemory()
	of := func(appID string) *Sessions {
		c := Config{Manager: m, Memory: shared, AppID: appID, Cookie: "private", Notes: testSeal(t, "of the site"), Now: time.Now}
		if m != nil {
			if codec, ok := m.Codec.(Codec); ok {
				c.Codec = &codec
			}
		}
		return New(c)
	}
	return of("wxa"), of("wxb")
}

func TestALogoutOfOneAccountLeavesTheOthers(t *testing.T) {
	for name, m := range map[string]*scs.SessionManager{"private": nil, "the app's": managerOn(NewMemory())} {
		t.Run(name, func(t *testing.T) {
			a, b := neighbours(t, m)
			was := loggedIn(t, a, "of a")
			both := renewedBy(t, b, was, "of b")
			if read(t, a, both.Token) != "of a" || read(t, b, both.Token) != "of b" {
				t.Fatal("rule: accounts keep their records in one session")
			}
			h, err := a.Logout(context.Background(), both, false, cookies(a, both.Token), true)
			if err != nil {
				t.Fatal(err)
			}
			token := cookieIn(t, h)
			if token == both.Token || read(t, a, token) != "" || read(t, b, token) != "of b" {
				t.Errorf("rule: the logout of one account leaves the other, under a new token: %q %q", read(t, a, token), read(t, b, token))
			}
			if read(t, b, both.Token) != "" {
				t.Error("rule: the old token ends")
			}
			for rule, write := range map[string]func() (Written, error){
				"a request of the same account": func() (Written, error) {
					return a.Rewrite(context.Background(), both, []byte("of a"), true)
				},
				"a request of the other account": func() (Written, error) {
					return b.Rewrite(context.Background(), both, []byte("of b"), true)
				},
			} {
				if w, err := write(); err != nil || !w.Gone || read(t, a, both.Token) != "" {
					t.Errorf("rule: the logout wins over %s that still runs: %+v %v", rule, w, err)
				}
			}
			if w, err := b.Login(context.Background(), both, []byte("of b"), false, cookies(b, both.Token), true); err != nil || read(t, a, w.Token) != "" {
				t.Errorf("rule: a login at the other account that began before the logout brings nobody back: %+v %v", w, err)
			}
			h, err = b.Logout(context.Background(), Stored{Token: token, Record: "of b"}, false, cookies(b, token), true)
			if err != nil || cookieIn(t, h) != "" || read(t, b, token) != "" {
				t.Errorf("rule: the logout of the last account ends the session: %v %v", h, err)
			}
		})
	}
}

// cookieIn is the session cookie that an answer sets; "" where it removes it.
func cookieIn(t testing.TB, h http.Header) string {
	t.Helper()
	lines := h.Values("Set-Cookie")
	if len(lines) != 1 {
		t.Fatalf("rule: a logout sets one session cookie: %v", lines)
	}
	c, err := http.ParseSetCookie(lines[0])
	if err != nil {
		t.Fatal(err)
	}
	return c.Value
}

func TestALogoutOfAllAccountsEndsTheSession(t *testing.T) {
	a, b := neighbours(t, nil)
	both := renewedBy(t, b, loggedIn(t, a, "of a"), "of b")
	h, err := a.Logout(context.Background(), both, true, cookies(a, both.Token), true)
	if err != nil || cookieIn(t, h) != "" || read(t, b, both.Token) != "" || a.Held() > 4 { // notes
		t.Errorf("rule: the logout of all accounts ends the session: %v %v, %d held", h, err, a.Held())
	}
}

func TestALogoutOfOneAccountUnderLoadAndSave(t *testing.T) {
	m := managerOn(NewMemory())
	a, b := neighbours(t, m)
	both := renewedBy(t, b, loggedIn(t, a, "of a"), "of b")
	ctx, err := m.Load(context.Background(), both.Token)
	if err != nil {
		t.Fatal(err)
	}
	m.Put(ctx, "cart", "full")
	loaded, err := a.Read(ctx, http.Header{}, true)
	if err != nil {
		t.Fatal(err)
	}
	if h, err := a.Logout(ctx, loaded, false, cookies(a, both.Token), true); err != nil || len(h) != 0 {
		t.Fatalf("rule: LoadAndSave writes the cookie: %v %v", h, err)
	}
	token, _, err := m.Commit(ctx)
	if err != nil || token == both.Token || read(t, a, token) != "" || read(t, b, token) != "of b" || m.GetString(ctx, "cart") != "full" {
		t.Errorf("rule: the other account and the app's values live on under a new token: %v", err)
	}
	if w, err := a.Rewrite(context.Background(), both, []byte("of a"), true); err != nil || !w.Gone {
		t.Errorf("rule: the logout wins over a request that still runs: %+v %v", w, err)
	}
}

func TestASessionKeepsABoundedNumberOfAccounts(t *testing.T) {
	shared := NewMemory()
	was, last := Stored{}, (*Sessions)(nil)
	var all []*Sessions
	for i := range 2 * maxRecords {
		last = New(Config{Memory: shared, AppID: fmt.Sprintf("wx%03d", i), Cookie: "private", Notes: testSeal(t, "of the site"), Now: time.Now})
		w, err := last.Login(context.Background(), was, []byte("record"), false, cookies(last, was.Token), true)
		if err != nil {
			t.Fatal(err)
		}
		was = Stored{Token: w.Token, Record: "record"}
		all = append(all, last)
	}
	kept := 0
	for _, s := range all {
		if read(t, s, was.Token) != "" {
			kept++
		}
	}
	if kept != maxRecords || read(t, last, was.Token) == "" {
		t.Errorf("rule: a session keeps %d accounts' records, the newest login among them: %d", maxRecords, kept)
	}
}
