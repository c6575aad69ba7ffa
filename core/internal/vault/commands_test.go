package vault

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// answering is a store that answers every command in the same way and keeps the
// command's context.
type answering struct {
	value []byte
	found bool
	err   error
	ctx   context.Context
	left  time.Duration // until the command's deadline
}

func (s *answering) got(ctx context.Context) {
	s.ctx = ctx
	deadline, _ := ctx.Deadline()
	s.left = time.Until(deadline)
}

func (s *answering) FindCtx(ctx context.Context, _ string) ([]byte, bool, error) {
	s.got(ctx)
	return s.value, s.found, s.err
}

func (s *answering) CommitCtx(ctx context.Context, _ string, _ []byte, _ time.Time) error {
	s.got(ctx)
	return s.err
}

func (s *answering) DeleteCtx(ctx context.Context, _ string) error {
	s.got(ctx)
	return s.err
}

func (s *answering) Find(string) ([]byte, bool, error)      { panic("without a context") }
func (s *answering) Commit(string, []byte, time.Time) error { panic("without a context") }
func (s *answering) Delete(string) error                    { panic("without a context") }

func TestACommandEndsAfterHalfASecondAndLeavesNothingBehind(t *testing.T) {
	for name, command := range map[string]func(context.Context, *answering) error{
		"Find":   func(ctx context.Context, s *answering) error { _, _, err := Find(ctx, s, "k"); return err },
		"Commit": func(ctx context.Context, s *answering) error { return Commit(ctx, s, "k", nil, time.Time{}) },
		"Remove": func(ctx context.Context, s *answering) error { return Remove(ctx, s, "k") },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &answering{err: errors.New("down")}
			if err := command(t.Context(), s); err != s.err {
				t.Errorf("rule: %s returns the store's error: %v", name, err)
			}
			if s.left != 500*time.Millisecond {
				t.Errorf("rule: %s gives the store half a second: %v", name, s.left)
			}
			if s.ctx.Err() == nil {
				t.Errorf("rule: the timer of %s ends with it", name)
			}
		})
	}
}

func TestAValueThatIsNotFoundIsNotOpened(t *testing.T) {
	seal, err := NewSeal("wx", "secret", "test")
	if err != nil {
		t.Fatal(err)
	}
	sealed := seal.Close("k", []byte("value"))
	down := errors.New("down")
	for rule, c := range map[string]struct {
		store *answering
		found bool
		err   error
	}{
		"a value that is found is opened":                           {&answering{value: sealed, found: true}, true, nil},
		"a store that says not found is believed, whatever it adds": {&answering{value: sealed}, false, nil},
		"a store that fails has found nothing, whatever it adds":    {&answering{value: sealed, found: true, err: down}, false, down},
		"a value that the seal does not open is not found":          {&answering{value: []byte("other"), found: true}, false, nil},
		"a nonce with nothing behind it is not opened":              {&answering{value: sealed[:12], found: true}, false, nil},
		"a value that is shorter than a nonce is not opened":        {&answering{value: sealed[:11], found: true}, false, nil},
		"a value with its last byte cut off is not opened":          {&answering{value: sealed[:len(sealed)-1], found: true}, false, nil},
	} {
		value, found, err := New(c.store, seal).Get(t.Context(), "k")
		if found != c.found || err != c.err || found != (string(value) == "value") {
			t.Errorf("rule: %s: %q %v %v", rule, value, found, err)
		}
	}
}
