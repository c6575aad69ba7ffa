package core

import (
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/session"
)

// newer writes a person's record as a later release would.
func newer(b []byte) []byte { return append([]byte{extendedVersion + 1, 'x'}, b...) }

func TestRecordsOfOtherReleases(t *testing.T) {
	plain := record{user: User{OpenID: "oABC", Scope: Silent}, touched: 1}
	extended := record{user: User{OpenID: "oABC", Scope: Silent}, touched: 1, ext: extension{generation: "12345678"}}
	p, e := mustEncode(t, &plain), mustEncode(t, &extended)
	if p[0] != plainVersion || e[0] != extendedVersion {
		t.Errorf("rule: a record is written in the lowest version that can hold it: %d %d", p[0], e[0])
	}
	for rule, c := range map[string]struct {
		b          string
		ok         bool
		generation string
	}{
		"a plain record is read":                                     {string(p), true, ""},
		"an extended record is read":                                 {string(e), true, "12345678"},
		"an extended record without parts is read":                   {"\x02\x00" + string(p), true, ""},
		"a record of a later version is no session":                  {string(newer(p)), false, ""},
		"version 0 is no session":                                    {"\x00" + string(p[1:]), false, ""},
		"a part of an unknown kind makes it another release's":       {"\x02\x03z\x01a" + string(p), false, ""},
		"an extension inside an extension is no session":             {"\x02\x00" + string(e), false, ""},
		"an extension that is longer than the record is no session":  {"\x02\xff" + string(p), false, ""},
		"a part that is longer than the extension is no session":     {"\x02\x03g\x09a" + string(p), false, ""},
		"half a part is no session":                                  {"\x02\x01g" + string(p), false, ""},
		"an extension alone is no session":                           {"\x02\x00", false, ""},
		"a version alone is no session":                              {"\x02", false, ""},
		"text of another program is no session":                      {"{\"openid\":\"oABC\"}", false, ""},
		"a record with a byte behind it is no session":               {string(e) + "x", false, ""},
		"a session of another codec inside the record is no session": {"\x7f\xff\x81\x03", false, ""},
	} {
		r, ok := decodeRecord(c.b, testApps)
		if ok != c.ok || ok && (r.user.OpenID != "oABC" || r.ext.generation != c.generation) {
			t.Errorf("rule: %s: %v %q", rule, ok, r.ext.generation)
		}
	}
}

func mustEncode(t *testing.T, r *record) []byte {
	t.Helper()
	b, err := r.encode(testApps)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// An old and a new node share a store. The old one is of a release before LogoutEverywhere
// was switched on; what a still newer one writes, it cannot read.
func TestAnOldAndANewNodeShareAStore(t *testing.T) {
	store := session.NewMemory()
	idle := func(c *Config) { c.Sessions.IdleTimeout = 2 * time.Hour } // writes sessions now and then
	r := newRig(t, everywhere(store), idle)
	newNode := r.gate(ModeRequire)
	oldAuth := r.instance(everywhere(store), idle, func(c *Config) { c.LogoutEverywhere = false })
	oldNode, oldOptional := NewGate(ModeRequire, oldAuth), NewGate(ModeOptional, oldAuth)
	r.logoutEverywhere(r.auth)

	t.Run("what is read a release before it is written", func(t *testing.T) {
		b := r.browser()
		b.login(newNode, "/")
		for range 3 {
			r.advance(6 * time.Minute)
			if b.user(oldNode, "/") == nil || b.user(newNode, "/") == nil {
				t.Fatal("rule: neither node loses what the other wrote")
			}
		}
		if n := r.exchanges(); n != 1 {
			t.Errorf("rule: nobody is sent to WeChat by a change of node: %d logins", n)
		}
	})
	t.Run("what the old node cannot read", func(t *testing.T) {
		b := r.browser()
		b.login(newNode, "/")
		token := b.cookies["session"]
		r.makeNewer(store, token)
		before, _, _ := store.Find(token)
		r.advance(6 * time.Minute)
		if out := b.get(oldOptional, "/"); out.Status != 0 || len(out.Header.Values("Set-Cookie")) != 0 {
			t.Errorf("rule: it is no session, and the visitor keeps the cookie: %d %v", out.Status, out.Header)
		}
		if out := b.send(oldNode, "GET", "/api", with("Accept", "application/json")); out.Status != 401 {
			t.Errorf("rule: it is no session, and no error: %d", out.Status)
		}
		back := b.consent(b.get(oldNode, "/me"))
		if after, _, _ := store.Find(token); string(after) != string(before) {
			t.Error("rule: as long as no login ends, the old node leaves it as it is")
		}
		if b.arrives(b.get(oldNode, back)); b.user(oldNode, "/") == nil || b.user(oldOptional, "/") == nil {
			t.Error("rule: a login replaces it")
		}
	})
	t.Run("what the old node cannot read, and a logout", func(t *testing.T) {
		b := r.browser()
		b.login(newNode, "/")
		token := b.cookies["session"]
		r.makeNewer(store, token)
		if out := b.send(NewGate(ModeLogout, oldAuth), "POST", "/logout", nil); out.Status != 303 {
			t.Fatal(out.Status)
		}
		if _, found, _ := store.Find(token); found {
			t.Error("rule: a logout deletes the session whatever wrote it")
		}
	})
}

// makeNewer turns the record in a session into a later release's.
func (r *rig) makeNewer(store *session.Memory, token string) {
	r.t.Helper()
	m := r.auth.config.Sessions
	ctx, err := m.Load(r.t.Context(), token)
	if err != nil {
		r.t.Fatal(err)
	}
	key := "wechat:" + testAppID
	b := m.GetBytes(ctx, key)
	if len(b) == 0 || !strings.Contains(string(b), r.alice()) {
		r.t.Fatal("no record")
	}
	m.Put(ctx, key, newer(b))
	if _, _, err := m.Commit(ctx); err != nil {
		r.t.Fatal(err)
	}
}
