package session

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

const testAppID = "wx0123456789abcdef"

func testSeal(t testing.TB, secret string, previous ...string) vault.Seal {
	t.Helper()
	seal, err := vault.NewSeal(testAppID, secret, "session notes", previous...)
	if err != nil {
		t.Fatal(err)
	}
	return seal
}

// sessionsOf are the sessions of an account in an app's own manager; nil for private
// ones.
func sessionsOf(t testing.TB, m *scs.SessionManager) *Sessions {
	t.Helper()
	c := Config{Manager: m, AppID: testAppID, Cookie: "private", Notes: testSeal(t, "a secret"), Now: time.Now}
	if m != nil {
		if codec, ok := m.Codec.(Codec); ok {
			c.Codec = &codec
		}
	}
	return New(c)
}

// loggedIn is a session that was just made.
func loggedIn(t testing.TB, s *Sessions, record string) Stored {
	t.Helper()
	w, err := s.Login(context.Background(), Stored{}, []byte(record), false, http.Header{}, true)
	if err != nil || w.Gone || w.Token == "" {
		t.Fatalf("a login: %+v %v", w, err)
	}
	return Stored{Token: w.Token, Record: record}
}

// renewed is the session after another login of its visitor.
func renewedBy(t testing.TB, s *Sessions, was Stored, record string) Stored {
	t.Helper()
	w, err := s.Login(context.Background(), was, []byte(record), false, cookies(s, was.Token), true)
	if err != nil || w.Gone || w.Token == was.Token {
		t.Fatalf("a renewal: %+v %v", w, err)
	}
	return Stored{Token: w.Token, Record: record}
}

// cookies are the headers of a request with session cookies.
func cookies(s *Sessions, tokens ...string) http.Header {
	h := http.Header{}
	for _, token := range tokens {
		h.Add("Cookie", s.CookieName(true)+"="+token)
	}
	return h
}

// read is the record that a request with these tokens finds.
func read(t testing.TB, s *Sessions, tokens ...string) string {
	t.Helper()
	found, err := s.Read(context.Background(), cookies(s, tokens...), true)
	if err != nil {
		t.Fatal(err)
	}
	return found.Record
}

func logout(t testing.TB, s *Sessions, was Stored) {
	t.Helper()
	if _, err := s.Logout(context.Background(), was, false, cookies(s, was.Token), true); err != nil {
		t.Fatal(err)
	}
}
