package session

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"
)

// odd is a store that does a command in its own way, where one is set.
type odd struct {
	*Memory
	find   func(key string) ([]byte, bool, error)
	commit func(key string, b []byte) error
	delete func(key string) error
}

func (o *odd) Find(key string) ([]byte, bool, error) {
	if o.find != nil {
		return o.find(key)
	}
	return o.Memory.Find(key)
}

func (o *odd) Commit(key string, b []byte, expires time.Time) error {
	if o.commit != nil {
		return o.commit(key, b)
	}
	return o.Memory.Commit(key, b, expires)
}

func (o *odd) Delete(key string) error {
	if o.delete != nil {
		return o.delete(key)
	}
	return o.Memory.Delete(key)
}

const valueName = ".name of a value"

func TestAStoreIsCheckedByAValueOfItsOwn(t *testing.T) {
	other, _ := Codec{}.Encode(time.Now().Add(time.Hour), map[string]any{valueKey: []byte(valueName + "another value")})
	foreign, _ := Codec{}.Encode(time.Now().Add(time.Hour), map[string]any{valueKey: []byte(".another name")})
	down := func(string) ([]byte, bool, error) { return nil, false, errDown }
	for rule, c := range map[string]struct {
		spoil func(*odd)
		want  string
		is    error
	}{
		"a store that works":                      {func(*odd) {}, "", nil},
		"one that does not write":                 {func(o *odd) { o.commit = func(string, []byte) error { return errDown } }, "write: ", errDown},
		"one that forgets":                        {func(o *odd) { o.commit = func(string, []byte) error { return nil } }, "read: what was written is not there", nil},
		"one that does not read":                  {func(o *odd) { o.find = down }, "read: ", errDown},
		"one that reads another value":            {func(o *odd) { o.find = func(string) ([]byte, bool, error) { return other, true, nil } }, "read: what was written is not there", nil},
		"one that answers with another key":       {func(o *odd) { o.find = func(string) ([]byte, bool, error) { return foreign, true, nil } }, "read: ", errForeignValue},
		"one that does not delete":                {func(o *odd) { o.delete = func(string) error { return errDown } }, "delete: ", errDown},
		"one that says it deletes":                {func(o *odd) { o.delete = func(string) error { return nil } }, "delete: what was deleted is still there", nil},
		"one that fails when it is asked at last": {func(o *odd) { o.delete = func(string) error { o.find = down; return nil } }, "", nil},
	} {
		o := &odd{Memory: NewMemory()}
		m := managerOn(o)
		m.Codec = Codec{}
		c.spoil(o)
		err := sessionsOf(t, m).CheckStore(context.Background(), valueName, "a value")
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("rule: %s is told what is wrong: %v, want %q", rule, err, c.want)
		}
		if err == nil && o.find == nil && o.Held() != 0 {
			t.Errorf("rule: nothing is left of a check: %s: %d values", rule, o.Held())
		}
	}
}

func TestACheckLeavesNothingForLongerThanAMinute(t *testing.T) {
	m := managerOn(nil) // outside: scs.New starts a goroutine
	synctest.Test(t, func(t *testing.T) {
		o := &odd{Memory: NewMemory(), delete: func(string) error { return errDown }}
		m.Store = o
		_ = sessionsOf(t, m).CheckStore(context.Background(), valueName, "a value")
		time.Sleep(time.Minute - time.Second)
		if _, found, _ := o.Find(valueName); !found {
			t.Error("rule: a value is there for as long as it may be needed")
		}
		time.Sleep(time.Second)
		if _, found, _ := o.Find(valueName); found {
			t.Error("rule: what a check could not delete ends by itself after a minute")
		}
	})
}

func TestAValueIsReadUnderItsNameAlone(t *testing.T) {
	ctx := context.Background()
	for name, codec := range map[string]scs.Codec{"scs's codec": scs.GobCodec{}, "our codec": Codec{}} {
		store := NewMemory()
		m := managerOn(store)
		m.Codec = codec
		s := sessionsOf(t, m)
		if value, found, err := s.Value(ctx, valueName); value != nil || found || err != nil {
			t.Errorf("rule: what is not there is not found (%s): %q %v %v", name, value, found, err)
		}
		if err := s.PutValue(ctx, valueName, []byte("a value"), time.Hour); err != nil {
			t.Fatal(err)
		}
		if value, found, err := s.Value(ctx, valueName); string(value) != "a value" || !found || err != nil {
			t.Errorf("rule: a value that was put is found (%s): %q %v %v", name, value, found, err)
		}
		b, _, _ := store.Find(valueName)
		if _, values, err := codec.Decode(b); err != nil || len(values) != 1 || values[s.key] != nil {
			t.Errorf("rule: an app that goes through its store finds a session without a login (%s): %v %v", name, values, err)
		}
		store.Commit(".another name", b, time.Now().Add(time.Hour))
		if value, found, err := s.Value(ctx, ".another name"); value != nil || found || !errors.Is(err, errForeignValue) {
			t.Errorf("rule: the value of another name is an error (%s): %q %v %v", name, value, found, err)
		}
	}
	store := NewMemory()
	s := sessionsOf(t, managerOn(store))
	store.Commit(valueName, []byte("garbage"), time.Now().Add(time.Hour))
	if value, found, err := s.Value(ctx, valueName); value != nil || found || err == nil {
		t.Errorf("rule: what cannot be decoded is an error: %q %v %v", value, found, err)
	}
}

func TestAValueThatCannotBeWrittenIsAnError(t *testing.T) {
	f := &failing{Memory: NewMemory(), codec: scs.GobCodec{}}
	m := managerOn(f)
	m.Codec = f
	s := sessionsOf(t, m)
	for number := 1; number <= 2; number++ { // the codec, then the store
		f.number = number
		if err := s.PutValue(context.Background(), valueName, nil, time.Hour); !errors.Is(err, errDown) || f.Held() != 0 {
			t.Errorf("rule: codec and store may fail: call %d: %v, %d values", number, err, f.Held())
		}
	}
	p := &faulty{Memory: NewMemory(), codec: scs.GobCodec{}, at: "Encode"}
	m = managerOn(p)
	m.Codec = p
	if err := sessionsOf(t, m).PutValue(context.Background(), valueName, nil, time.Hour); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("rule: a codec that panics is one that fails: %v", err)
	}
}
