package session

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
)

func TestPrivateSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sessionsOf(t, nil)
		w, err := s.Login(context.Background(), Stored{}, []byte("record"), false, http.Header{}, true)
		want := "__Host-private=" + w.Token + "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure"
		if got := w.Header.Values("Set-Cookie"); err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("rule: a private session lasts 30 days, in a cookie of this host: %q %v", got, err)
		}
		found, err := s.Read(context.Background(), cookies(s, w.Token), true)
		if err != nil || found != (Stored{Token: w.Token, Record: "record"}) {
			t.Errorf("rule: it is read back: %+v %v", found, err)
		}
		if record, known, err := s.RecordOf(context.Background(), w.Token, true); record != "record" || !known || err != nil {
			t.Errorf("rule: so is its record alone: %q %t %v", record, known, err)
		}
		again, err := s.Rewrite(context.Background(), found, []byte("another"), false)
		plain := "private=" + w.Token + "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"
		if got := again.Header.Values("Set-Cookie"); err != nil || again.Token != w.Token || again.Gone || !slices.Equal(got, []string{plain}) {
			t.Errorf("rule: written again it keeps its token, and over http its cookie has no prefix: %+v %v", again, err)
		}
		if got := read(t, s, w.Token); got != "another" {
			t.Errorf("rule: and has its new record: %q", got)
		}
		h, err := s.Logout(context.Background(), found, false, cookies(s, w.Token), true)
		gone := "__Host-private=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
		if got := h.Values("Set-Cookie"); err != nil || !slices.Equal(got, []string{gone}) || read(t, s, w.Token) != "" {
			t.Errorf("rule: a logout ends it and removes its cookie: %q %v", got, err)
		}
		loggedIn(t, s, "record")
		held := s.Held()
		time.Sleep(30*24*time.Hour - time.Second)
		if s.Sweep(time.Now()); s.Held() == 0 {
			t.Errorf("rule: a sweep leaves what lives: of %d entries none is left", held)
		}
		time.Sleep(time.Second)
		if s.Sweep(time.Now()); s.Held() != 0 {
			t.Errorf("rule: after 30 days a sweep drops it: %d entries are left", s.Held())
		}
	})
}

func TestNamesOfSessionCookies(t *testing.T) {
	own := sessionsOf(t, managerOn(NewMemory()))
	own.Sweep(time.Now()) // is the app's business; it must do no harm
	for rule, c := range map[string]struct {
		s     *Sessions
		https bool
		want  string
	}{
		"a private session over https has the prefix": {sessionsOf(t, nil), true, "__Host-private"},
		"a private session over http has none":        {sessionsOf(t, nil), false, "private"},
		"the app's own name over https":               {own, true, "session"},
		"the app's own name over http":                {own, false, "session"},
	} {
		if got := c.s.CookieName(c.https); got != c.want {
			t.Errorf("rule: %s: %q", rule, got)
		}
	}
}

func TestTheManagerWritesItsOwnCookie(t *testing.T) {
	m := managerOn(NewMemory())
	m.Cookie.Name, m.Cookie.Domain, m.Cookie.Path, m.Cookie.SameSite = "own", "example.com", "/app", http.SameSiteStrictMode
	s := sessionsOf(t, m)
	w, err := s.Login(context.Background(), Stored{}, []byte("record"), false, http.Header{}, true)
	line := w.Header.Get("Set-Cookie")
	cookie, parseErr := http.ParseSetCookie(line)
	if err != nil || parseErr != nil || cookie.Name != "own" || cookie.Value != w.Token || cookie.Domain != "example.com" || cookie.Path != "/app" || cookie.SameSite != http.SameSiteStrictMode {
		t.Errorf("rule: the app's manager says how its cookie looks: %q %v", line, err)
	}
	again, err := s.Rewrite(context.Background(), Stored{Token: w.Token}, []byte("record"), true)
	if err != nil || again.Token != w.Token || !strings.HasPrefix(again.Header.Get("Set-Cookie"), "own="+w.Token+";") {
		t.Errorf("rule: a session that is written again keeps token and cookie: %+v %v", again, err)
	}
}

func TestWhichSessionsOtherProcessesSee(t *testing.T) {
	shared := managerOn(NewMemory())
	local := managerOn(memstore.NewWithCleanupInterval(0))
	for rule, c := range map[string]struct {
		s       *Sessions
		want    bool
		private bool
	}{
		"private sessions are seen here only":          {sessionsOf(t, nil), true, true},
		"those in scs's own memory are seen here only": {sessionsOf(t, local), true, false},
		"those in another store may be seen elsewhere": {sessionsOf(t, shared), false, false},
	} {
		if got := c.s.InProcess(); got != c.want || (c.s.PrivateStore() != nil) != c.private || c.s.Held() != 0 {
			t.Errorf("rule: %s: %t, a private store: %t", rule, got, c.s.PrivateStore() != nil)
		}
	}
}

func TestAccountsMayShareAStore(t *testing.T) {
	store := NewMemory()
	s := New(Config{Memory: store, AppID: testAppID, Cookie: "private", Notes: testSeal(t, "a secret"), Now: time.Now})
	loggedIn(t, s, "record")
	if s.PrivateStore() != store || store.Held() != 1 || s.Held() != 1 {
		t.Errorf("rule: private sessions are in the store that was given: %d, %d", store.Held(), s.Held())
	}
}
