package session

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/alexedwards/scs/v2"
)

// keeping is a store that keeps the keys it is asked for.
type keeping struct {
	*Memory
	asked []string
}

func (k *keeping) Find(token string) ([]byte, bool, error) {
	k.asked = append(k.asked, token)
	return k.Memory.Find(token)
}

func TestRecordsAreReadOutOfEveryKindOfSession(t *testing.T) {
	for name, codec := range map[string]scs.Codec{"scs's codec": scs.GobCodec{}, "our codec": Codec{}} {
		for _, hashed := range []bool{false, true} {
			store := &keeping{Memory: NewMemory()}
			m := managerOn(store)
			m.Codec, m.HashTokenInStore = codec, hashed
			s := sessionsOf(t, m)
			was := loggedIn(t, s, "record")
			found, err := s.Read(context.Background(), cookies(s, was.Token), true)
			if err != nil || found != (Stored{Token: was.Token, Record: "record"}) {
				t.Errorf("rule: a session is read as scs wrote it (%s, hashed %t): %+v %v", name, hashed, found, err)
			}
			store.asked = nil
			buffer := []byte(was.Token)
			record, known, err := s.RecordOf(context.Background(), unsafe.String(&buffer[0], len(buffer)), true)
			clear(buffer) // the next request's bytes
			if record != "record" || !known || err != nil {
				t.Errorf("rule: its record is read alone (%s, hashed %t): %q %t %v", name, hashed, record, known, err)
			}
			if len(store.asked) != 1 || strings.Contains(store.asked[0], "\x00") || (store.asked[0] == was.Token) == hashed {
				t.Errorf("rule: a store may keep the key that it was asked for, and a hashed one is not the token (%s, hashed %t): %q", name, hashed, store.asked)
			}
		}
	}
}

// empty is a store in which there is nothing. It allocates nothing.
type empty struct{}

func (empty) Find(string) ([]byte, bool, error)      { return nil, false, nil }
func (empty) Commit(string, []byte, time.Time) error { return nil }
func (empty) Delete(string) error                    { return nil }

func TestOnlyATokenInABufferIsCopied(t *testing.T) {
	token, ctx := strings.Repeat("t", tokenDigits), context.Background()
	copies := func(hashed bool) int {
		m := managerOn(empty{})
		m.HashTokenInStore = hashed
		s := sessionsOf(t, m)
		allocs := func(buffered bool) float64 {
			return testing.AllocsPerRun(100, func() { _, _, _ = s.RecordOf(ctx, token, buffered) })
		}
		return int(allocs(true) - allocs(false))
	}
	for rule, c := range map[string]struct {
		hashed bool
		want   int
	}{"a token in a buffer is copied once": {false, 1}, "its hash is a copy already": {true, 0}} {
		if got := copies(c.hashed); got != c.want {
			t.Errorf("rule: %s: %d allocations", rule, got)
		}
	}
}

func TestTheFirstSessionOfARequestCounts(t *testing.T) {
	s := sessionsOf(t, managerOn(NewMemory()))
	one, two := loggedIn(t, s, "one").Token, loggedIn(t, s, "two").Token
	unknown := strings.Repeat("u", tokenDigits)
	for rule, c := range map[string]struct {
		tokens []string
		want   string
	}{
		"of two sessions, the first one":           {[]string{one, two}, "one"},
		"the other way round":                      {[]string{two, one}, "two"},
		"an unknown token does not hide a session": {[]string{unknown, two}, "two"},
		"nor do two": {[]string{unknown, strings.Repeat("v", tokenDigits), one}, "one"},
		"what cannot be a token does not hide it":       {[]string{"x", two}, "two"},
		"a token of one digit less is not asked for":    {[]string{one[1:]}, ""},
		"a token of one digit more is not asked for":    {[]string{one + "x"}, ""},
		"a session behind another that was found first": {[]string{one, unknown}, "one"},
	} {
		if got := read(t, s, c.tokens...); got != c.want {
			t.Errorf("rule: %s: %q", rule, got)
		}
	}
}

func TestLoginsWhereLoadAndSaveHasLoadedTheSession(t *testing.T) {
	store := &keeping{Memory: NewMemory()}
	m := managerOn(store)
	s := sessionsOf(t, m)
	for rule, before := range map[string]string{"a session that holds a cart": "cart", "a session that is new": ""} {
		ctx, _ := m.Load(context.Background(), "")
		was := Stored{Loaded: true}
		if before != "" {
			m.Put(ctx, before, "full")
			was.Token, _, _ = m.Commit(ctx)
		}
		w, err := s.Login(ctx, was, []byte("record"), false, http.Header{}, true)
		if err != nil || w.Token == "" || w.Token == was.Token || m.Token(ctx) != w.Token || string(m.GetBytes(ctx, s.key)) != "record" || w.Header == nil || len(w.Header) != 0 {
			t.Errorf("rule: a login renews the session that LoadAndSave will write, and leaves the cookie to it: %s: %+v %v", rule, w, err)
		}
		if m.GetString(ctx, "cart") != strings.Repeat("full", len(before)/4) || read(t, s, w.Token) != "record" {
			t.Errorf("rule: what the app keeps there stays: %s", rule)
		}
		store.asked = nil
		if h, err := s.Logout(ctx, Stored{Loaded: true}, false, http.Header{}, true); h == nil || len(h) != 0 || err != nil || len(store.asked) != 0 {
			t.Errorf("rule: a logout without a token asks the store for nothing: %s: %v %v %q", rule, h, err, store.asked)
		}
	}
}
