package vault

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

func seal(t *testing.T, appID, secret, purpose string) Seal {
	t.Helper()
	s, err := NewSeal(appID, secret, purpose)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSeal(t *testing.T) {
	const key, secret = "a key", "the secret of the account"
	own := seal(t, "wx1", secret, "tokens")
	value := []byte("a token that nobody may read")
	sealed := own.Close(key, value)
	turned := bytes.Clone(sealed)
	turned[len(turned)-1] ^= 1
	tests := []struct {
		rule   string
		seal   Seal
		key    string
		sealed []byte
		want   bool
	}{
		{"what was sealed is opened", own, key, sealed, true},
		{"every node with the secret opens it", seal(t, "wx1", secret, "tokens"), key, sealed, true},
		{"another secret opens nothing", seal(t, "wx1", secret+".", "tokens"), key, sealed, false},
		{"another account opens nothing", seal(t, "wx2", secret, "tokens"), key, sealed, false},
		{"another purpose opens nothing", seal(t, "wx1", secret, "logins"), key, sealed, false},
		{"what was moved to another key is not opened", own, "b key", sealed, false},
		{"what was changed is not opened", own, key, turned, false},
		{"what is too short is not opened", own, key, sealed[:11], false},
		{"nothing is not opened", own, key, nil, false},
	}
	for _, tt := range tests {
		got, ok := tt.seal.Open(tt.key, tt.sealed)
		if ok != tt.want || ok && !bytes.Equal(got, value) {
			t.Errorf("rule: %s: %q, %t", tt.rule, got, ok)
		}
	}
	if bytes.Contains(sealed, value[:8]) || bytes.Equal(sealed, own.Close(key, value)) {
		t.Error("rule: a sealed value shows nothing, not even that it is the same again")
	}
}

func TestKey(t *testing.T) {
	one, again := Key("a", "b"), Key("a", "b")
	if len(one) != 43 || one == Key("ab", "") || one != again {
		t.Error("rule: a key is as long as a session's token, the same again, and keeps its parts apart")
	}
	if one[0] != '.' {
		t.Error("rule: no cookie of a session's can name a key")
	}
}

// context-aware stores are asked with a time limit.
type limited struct {
	scs.Store
	deadlines int
}

func (l *limited) note(ctx context.Context) {
	if _, ok := ctx.Deadline(); ok {
		l.deadlines++
	}
}

func (l *limited) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	l.note(ctx)
	return l.Find(key)
}

func (l *limited) CommitCtx(ctx context.Context, key string, b []byte, expires time.Time) error {
	l.note(ctx)
	return l.Commit(key, b, expires)
}

func (l *limited) DeleteCtx(ctx context.Context, key string) error {
	l.note(ctx)
	return l.Delete(key)
}

func TestVault(t *testing.T) {
	plain := memstore.NewWithCleanupInterval(0)
	timed := &limited{Store: memstore.NewWithCleanupInterval(0)}
	for _, store := range []scs.Store{plain, timed} {
		v := New(store, seal(t, "wx1", "s", "p"))
		ctx := context.Background()
		if err := v.Put(ctx, "k", []byte("value"), time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := v.Get(ctx, "k"); string(got) != "value" || !ok || err != nil {
			t.Errorf("rule: what was put is there: %q, %t, %v", got, ok, err)
		}
		if raw, _, _ := store.Find("k"); bytes.Contains(raw, []byte("value")) {
			t.Error("rule: nothing lies in a shared store in the clear")
		}
		if err := v.Delete(ctx, "k"); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := v.Get(ctx, "k"); ok || err != nil {
			t.Errorf("rule: what was taken away is gone: %t, %v", ok, err)
		}
	}
	if timed.deadlines != 4 {
		t.Errorf("rule: a store that takes a context gets a time limit: %d of 4 times", timed.deadlines)
	}
	if New(nil, Seal{}) != nil {
		t.Error("rule: without a store there is no vault")
	}
}

type broken struct{ scs.Store }

var errBroken = errors.New("store is down")

func (broken) Find(string) ([]byte, bool, error) { return nil, false, errBroken }

func TestBrokenStore(t *testing.T) {
	v := New(broken{}, seal(t, "wx1", "s", "p"))
	if _, _, err := v.Get(context.Background(), "k"); !errors.Is(err, errBroken) {
		t.Errorf("rule: a store that is down says so: %v", err)
	}
}

func TestAFormerSecretOpensAndNeverCloses(t *testing.T) {
	former, now := seal(t, "wx1", "former", "p"), seal(t, "wx1", "now", "p")
	both, err := NewSeal("wx1", "now", "p", "another", "former")
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := both.Open("k", former.Close("k", []byte("v"))); !ok || string(got) != "v" {
		t.Errorf("rule: what a former secret sealed is opened: %q %t", got, ok)
	}
	if got, ok := now.Open("k", both.Close("k", []byte("v"))); !ok || string(got) != "v" {
		t.Errorf("rule: only the present secret seals: %q %t", got, ok)
	}
	if _, ok := both.Open("other", former.Close("k", []byte("v"))); ok {
		t.Error("rule: a former secret opens a value only under its own key")
	}
	if _, ok := now.Open("k", former.Close("k", []byte("v"))); ok {
		t.Error("rule: a secret that is not listed opens nothing")
	}
	names := both.Names("a", "b")
	if len(names) != 3 || names[0] != now.Names("a", "b")[0] || names[2] != former.Names("a", "b")[0] {
		t.Errorf("rule: the present secret's name is the first, the former ones' follow: %q", names)
	}
}

func TestNobodyWorksOutAName(t *testing.T) {
	s := seal(t, "wx1", "s", "p")
	name := s.Names("a", "b")[0]
	if len(name) != keyDigits || name[0] != '.' {
		t.Errorf("rule: a name has the form of a key: %q", name)
	}
	for rule, other := range map[string]string{
		"the key of the same parts": Key("a", "b"), "other parts": s.Names("a", "c")[0], "parts cut elsewhere": s.Names("ab")[0],
		"another secret": seal(t, "wx1", "t", "p").Names("a", "b")[0], "another purpose": seal(t, "wx1", "s", "q").Names("a", "b")[0],
	} {
		if other == name {
			t.Errorf("rule: a name depends on the secret, the purpose and every part: %s gives the same", rule)
		}
	}
	if again := s.Names("a", "b")[0]; again != name {
		t.Error("rule: every node has the same name")
	}
}

func TestWhatCannotBeOpenedIsNotFound(t *testing.T) {
	store := memstore.NewWithCleanupInterval(0)
	v := New(store, seal(t, "wx1", "s", "p"))
	for rule, raw := range map[string][]byte{"empty": {}, "nothing sealed": []byte("a value of somebody else's"), "another secret's": seal(t, "wx1", "t", "p").Close("k", []byte("v"))} {
		store.Commit("k", raw, time.Now().Add(time.Minute))
		if value, found, err := v.Get(context.Background(), "k"); found || err != nil || value != nil {
			t.Errorf("rule: what cannot be opened is not found (%s): %q %t %v", rule, value, found, err)
		}
	}
}
