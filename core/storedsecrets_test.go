package core

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/session"
)

// witness notes every key and value that reaches a store.
type witness struct {
	scs.Store
	mu   sync.Mutex
	seen strings.Builder
	n    int
}

func (w *witness) note(key string, value []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	w.seen.WriteString(key + "\n" + string(value) + "\n")
}

func (w *witness) Find(key string) ([]byte, bool, error) {
	w.note(key, nil)
	return w.Store.Find(key)
}

func (w *witness) Commit(key string, value []byte, expires time.Time) error {
	w.note(key, value)
	return w.Store.Commit(key, value, expires)
}

func (w *witness) Delete(key string) error {
	w.note(key, nil)
	return w.Store.Delete(key)
}

func TestNoStoreEverHoldsASecretOrACode(t *testing.T) {
	sessions, cache := &witness{Store: session.NewMemory()}, &witness{Store: session.NewMemory()}
	change := func(c *Config) {
		c.Sessions, c.Cache, c.LogoutEverywhere, c.KeepTokens = manager(sessions), cache, true, true
		c.Sessions.IdleTimeout, c.PreviousSecrets = 2*time.Hour, []string{formerSecret}
	}
	r := newRig(t, change)
	other := r.instance(change)
	codes := []string{}
	b := r.browser()
	trip := func(g, back *Gate, target string) {
		callback := b.consent(b.get(g, target))
		query, err := url.ParseQuery(callback[strings.Index(callback, "?")+1:])
		if err != nil || query.Get("code") == "" {
			t.Fatalf("no code: %v", err)
		}
		codes = append(codes, query.Get("code"), query.Get("state"))
		b.get(back, callback)
		b.get(back, callback) // delivered twice
	}
	trip(r.gate(ModeRequire), NewGate(ModeRequire, other), "/me")
	trip(r.gate(ModeRequire, Prompt), r.gate(ModeRequire, Prompt), "/profile")
	r.advance(6 * time.Minute)
	user := b.user(r.gate(ModeRequire), "/me")
	if user == nil {
		t.Fatal("logged in")
	}
	b.get(r.gate(ModeRequire, MustFollow), "/members")
	if _, err := r.auth.RefreshProfile(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	token, err := r.auth.AccountToken().Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.auth.Check(t.Context())
	r.logoutEverywhere(r.auth)
	b.get(r.gate(ModeRequire), "/me")
	trip(r.gate(ModeRequire), r.gate(ModeRequire), "/me")
	b.send(r.gate(ModeLogout), "POST", "/logout", nil)
	if err := r.auth.Forget(t.Context(), r.alice()); err == nil {
		t.Fatal("the witness cannot list sessions")
	}
	for name, store := range map[string]*witness{"the session store": sessions, "the cache": cache} {
		if store.n < 10 {
			t.Errorf("%s saw %d commands", name, store.n)
		}
		seen := store.seen.String()
		for what, canary := range map[string]string{"the app secret": testSecret, "a former secret": formerSecret, "the account's token": token} {
			if strings.Contains(seen, canary) {
				t.Errorf("rule: no key and no value in %s holds %s", name, what)
			}
		}
		for _, code := range codes {
			if strings.Contains(seen, code) {
				t.Errorf("rule: no key and no value in %s holds a code or a state", name)
			}
		}
	}
	if !strings.Contains(sessions.seen.String(), user.OpenID) {
		t.Error("the witness sees what is written: a session holds the open id")
	}
}
