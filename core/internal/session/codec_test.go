package session

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

func TestCodecKeepsEveryValue(t *testing.T) {
	deadline := time.Unix(1_700_000_000, 5).UTC()
	for _, codec := range []Codec{{}, {WriteGob: true}} {
		for _, values := range []map[string]any{
			{},
			{"wechat:wx1": []byte("record")},
			{"wechat:wx1": []byte("record"), "wechat:wx2": []byte{1}, "cart": "full", "n": 7},
			{"wechat:wx1": "a value of the app's under our prefix", "b": []byte("bytes")},
		} {
			b, err := codec.Encode(deadline, values)
			if err != nil {
				t.Fatal(err)
			}
			at, back, err := Codec{}.Decode(b)
			if err != nil || !at.Equal(deadline) || !reflect.DeepEqual(values, back) {
				t.Errorf("%v %v\n%v\n%v", err, at, values, back)
			}
			back["written"] = true // scs writes into it
			_, found := recordIn(string(b), "wechat:wx1")
			if record, ok := values["wechat:wx1"].([]byte); ok && !codec.WriteGob {
				if got, found := recordIn(string(b), "wechat:wx1"); !found || got != string(record) {
					t.Errorf("read in place: %v %q", found, got)
				}
			} else if found {
				t.Error("rule: only a record that Codec wrote is read in place")
			}
			if _, found := recordIn(string(b), "wechat:wx3"); found {
				t.Error("a record of another account's")
			}
		}
	}
	if _, err := (Codec{}).Encode(time.Now(), map[string]any{"f": func() {}}); err == nil {
		t.Error("a value that gob cannot write")
	}
}

// unknown is a type that the reading process does not register.
type unknown struct{ N int }

func TestASessionForCenturiesIsNotOver(t *testing.T) {
	for rule, deadline := range map[string]time.Time{
		"the longest Lifetime that there is": time.Now().Add(math.MaxInt64),
		"a time behind that":                 time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		b, err := Codec{}.Encode(deadline, map[string]any{"wechat:a": []byte("record")})
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := (Codec{}).Decode(b); err != nil || got.Year() != 2262 {
			t.Errorf("rule: a deadline behind the last time that fits is cut down to it: %s: %v %v", rule, got, err)
		}
	}
	b, _ := Codec{}.Encode(time.Time{}, nil)
	if got, _, err := (Codec{}).Decode(b); err != nil || !got.Before(time.Now()) {
		t.Errorf("rule: a deadline before the first time that fits is over: %v %v", got, err)
	}
}

func TestWhatCannotBeDecodedIsAnEmptySession(t *testing.T) {
	good, _ := Codec{}.Encode(time.Now().Add(time.Hour), map[string]any{"wechat:a": []byte("record"), "cart": "full"})
	for rule, c := range map[string]struct {
		b    []byte
		want map[string]any
	}{
		"nothing":                             {nil, map[string]any{}},
		"a version byte alone":                {[]byte{codecVersion}, map[string]any{}},
		"text":                                {[]byte("garbage of another program"), map[string]any{}},
		"a length that is too long":           {bytes.Repeat([]byte{codecVersion}, 20), map[string]any{}},
		"a session cut inside its values":     {good[:len(good)-1], map[string]any{"wechat:a": []byte("record")}},
		"a session cut inside its record":     {good[:15], map[string]any{}},
		"values of a type that is not known":  {append(bytes.Clone(good[:10+4+8+6]), unregistered(t)...), map[string]any{"wechat:a": []byte("record")}},
		"gob of something that is no session": {gobOf(t, []string{"a", "b"}), map[string]any{}},
	} {
		_, values, err := (Codec{}).Decode(c.b)
		if err != nil || !reflect.DeepEqual(values, c.want) {
			t.Errorf("rule: %s is an empty session, and a login that can be read is kept: %v %v", rule, values, err)
		}
	}
	for version := firstVersion; version <= lastVersion; version++ {
		later := bytes.Clone(good)
		later[0] = byte(version)
		deadline, values, err := (Codec{}).Decode(later)
		if record, _ := values["wechat:a"].([]byte); err != nil || (len(record) > 0) != (version == codecVersion) || !deadline.Equal(deadlineIn(string(good))) {
			t.Errorf("rule: a session of another version is an empty one with its deadline, and no error: %x %v %v", version, values, err)
		}
		for _, codec := range []Codec{{}, {WriteGob: true}} {
			if again, err := codec.Encode(deadline, values); err != nil || version != codecVersion && !bytes.Equal(again, later) {
				t.Errorf("rule: a session of another version is written back byte for byte: %x: %x %v", version, again, err)
			}
			values["cart"] = "full"
			_, back, _ := Codec{}.Decode(encoded(t, codec, values))
			if _, kept := back[laterKey]; kept || back["cart"] != "full" {
				t.Errorf("rule: what the app puts into it replaces it: %x: %v", version, back)
			}
			delete(values, "cart")
		}
		if _, found := recordIn(string(later), "wechat:a"); found != (version == codecVersion) {
			t.Errorf("rule: only a session of this version is read in place: %x", version)
		}
	}
}

func encoded(t *testing.T, c Codec, values map[string]any) []byte {
	t.Helper()
	b, err := c.Encode(time.Now().Add(time.Hour), values)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func gobOf(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// unregistered is an encoded map with a value of a type that gob does not know by the
// name that stands there.
func unregistered(t *testing.T) []byte {
	gob.RegisterName("session.known", unknown{})
	b := gobOf(t, map[string]any{"x": unknown{1}})
	return bytes.Replace(b, []byte("session.known"), []byte("session.gone!"), 1)
}

// A session of scs's default codec begins with a byte that no version of Codec has.
func TestScsNeverWritesWhatLooksLikeOurs(t *testing.T) {
	for size := 0; size < 1<<17; size = size*3 + 1 {
		b, err := scs.GobCodec{}.Encode(time.Now(), map[string]any{"v": strings.Repeat("x", size)})
		if err != nil || b[0] >= firstVersion && b[0] <= lastVersion {
			t.Errorf("%d bytes begin with %x: %v", size, b[0], err)
		}
	}
}

func TestASwitchFromScsCodecLosesNothing(t *testing.T) {
	store := NewMemory()
	m := managerOn(store)
	was := loggedIn(t, sessionsOf(t, m), "record")
	ctx, _ := m.Load(context.Background(), was.Token)
	m.Put(ctx, "cart", "full")
	if _, _, err := m.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rule     string
		codec    Codec
		outdated bool
	}{{"readers first: read, and not written anew", Codec{WriteGob: true}, false}, {"then: read, and written anew", Codec{}, true}} {
		m.Codec = c.codec
		s := sessionsOf(t, m)
		found, err := s.Read(context.Background(), cookies(s, was.Token), true)
		if err != nil || found.Record != "record" || found.Outdated != c.outdated || s.TouchIsDue(found, time.Now().Unix()) != c.outdated {
			t.Errorf("rule: %s: %+v %v", c.rule, found, err)
		}
	}
	// LoadAndSave outside reads it, too.
	w, served := httptest.NewRecorder(), ""
	request := httptest.NewRequest("GET", "/", nil)
	request.AddCookie(&http.Cookie{Name: "session", Value: was.Token})
	m.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { served = m.GetString(r.Context(), "cart") })).ServeHTTP(w, request)
	if served != "full" || w.Code != 200 {
		t.Errorf("rule: the cart is there behind LoadAndSave: %q %d", served, w.Code)
	}
	s := sessionsOf(t, m)
	found, _ := s.Read(context.Background(), cookies(s, was.Token), true)
	if written, err := s.Rewrite(context.Background(), found, []byte(found.Record), true); err != nil || written.Gone {
		t.Fatal(written, err)
	}
	if record, found, err := s.RecordOf(context.Background(), was.Token, false); record != "record" || !found || err != nil {
		t.Errorf("rule: written anew, it is read in place: %q %v %v", record, found, err)
	}
	again, _ := m.Load(context.Background(), was.Token)
	if m.GetString(again, "cart") != "full" {
		t.Error("rule: the cart is still there")
	}
	if found, _ = s.Read(context.Background(), cookies(s, was.Token), true); found.Outdated || found.Record != "record" || found.Token != was.Token {
		t.Error("rule: it is written anew once")
	}
}

func TestOldCookiesBehindLoadAndSaveAreNoError(t *testing.T) {
	store := NewMemory()
	m := managerOn(store)
	m.Codec, m.IdleTimeout = Codec{}, time.Hour // an idle time writes every session that is loaded
	token := strings.Repeat("o", tokenDigits)
	later := binary.BigEndian.AppendUint64([]byte{codecVersion + 1}, uint64(time.Now().Add(time.Hour).UnixNano()))
	for rule, c := range map[string]struct {
		value []byte
		kept  bool
	}{
		"garbage is an empty session":                      {[]byte("garbage"), false},
		"a session of a later release is not written over": {append(later, 0), true},
		"a version byte alone is garbage":                  {later[:1], false},
	} {
		store.Commit(token, c.value, time.Now().Add(time.Hour))
		w := httptest.NewRecorder()
		request := httptest.NewRequest("GET", "/", nil)
		request.AddCookie(&http.Cookie{Name: "session", Value: token})
		m.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(500) }
		m.LoadAndSave(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, request)
		kept, _, _ := store.Find(token)
		if w.Code != 200 || c.kept != bytes.Equal(kept, c.value) {
			t.Errorf("rule: %s: %d, %x", rule, w.Code, kept)
		}
		if s := sessionsOf(t, m); read(t, s, token) != "" {
			t.Error("rule: at the gate it is no session")
		}
	}
}
