package session

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"
)

func TestScsStillFindsItsSessionsByTheKeyThatLoadAsksFor(t *testing.T) {
	m := managerOn(NewMemory())
	key := scsContextKey(m)
	ctx, _ := m.Load(context.Background(), "")
	if key == nil || ctx.Value(key) == nil || context.Background().Value(key) != nil {
		t.Error("scs keeps its sessions elsewhere now")
	}
	other, _ := managerOn(NewMemory()).Load(context.Background(), "")
	if other.Value(key) != nil {
		t.Error("two managers share a key")
	}
}

func TestMemorySweepsWhatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		for i := range 5000 {
			m.Commit(string(rune('a'+i%26))+strings.Repeat("x", i%7)+time.Duration(i).String(), []byte{1}, time.Now().Add(time.Duration(1+i%2)*time.Minute))
		}
		m.Commit("kept", []byte("v"), time.Now().Add(time.Hour))
		time.Sleep(90 * time.Second)
		m.Sweep(time.Now())
		if left := m.Held(); left != 2501 {
			t.Errorf("half expired: %d left", left)
		}
		time.Sleep(time.Minute)
		m.Commit("brief", []byte("v"), time.Now().Add(time.Second))
		time.Sleep(2 * time.Second)
		if _, found, _ := m.Find("brief"); found {
			t.Error("expired, though not swept yet")
		}
		m.Sweep(time.Now())
		if _, found := m.findLive("brief"); found {
			t.Error("rule: after a sweep nobody finds what has expired")
		}
		m.shard("kept").drop([]string{"kept"}, time.Now().Unix())
		if b, found, _ := m.Find("kept"); !found || !bytes.Equal(b, []byte("v")) {
			t.Error("lost")
		}
	})
}

func TestASessionMayLastForAges(t *testing.T) {
	m := NewMemory()
	for rule, c := range map[string]struct {
		expires time.Time
		found   bool
	}{
		"what expires when nobody lives any more is there": {time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), true},
		"what expired long ago is not":                     {time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), false},
		"a time of day without a monotonic reading counts": {time.Now().Add(time.Hour).Round(0), true},
	} {
		m.Commit("x", []byte("v"), c.expires)
		if _, found, _ := m.Find("x"); found != c.found {
			t.Errorf("rule: %s: %v", rule, found)
		}
	}
}

func TestASessionEndsAtItsSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		m.Commit("x", []byte("v"), time.Now().Add(time.Minute))
		time.Sleep(time.Minute - time.Second)
		for range 2 { // reading leaves the store as it was
			if all, err := m.All(); err != nil || len(all) != 1 || string(all["x"]) != "v" {
				t.Errorf("rule: a second before its end it is there: %q %v", all, err)
			}
		}
		m.Commit("y", []byte("v"), time.Now().Add(time.Hour))
		time.Sleep(time.Second)
		if _, found, _ := m.Find("x"); found {
			t.Error("rule: at its end a session is not found")
		}
		if all, _ := m.All(); len(all) != 1 || all["x"] != nil {
			t.Errorf("rule: nor is it among all: %q", all)
		}
		if m.Sweep(time.Now()); m.Held() != 1 {
			t.Errorf("rule: a sweep drops it, and nothing else: %d", m.Held())
		}
		if err := m.Delete("y"); err != nil || m.Held() != 0 {
			t.Errorf("rule: a deleted session is gone: %v %d", err, m.Held())
		}
	})
}

func managerOn(store scs.Store) *scs.SessionManager {
	m := scs.New()
	m.Store = store
	return m
}
