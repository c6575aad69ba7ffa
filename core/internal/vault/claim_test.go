package vault

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// claimer is a store that can claim, and keeps the command that it was given.
type claimer struct {
	answering
	key     string
	expires time.Time
	claimed bool
}

func (s *claimer) ClaimCtx(ctx context.Context, key string, mark []byte, expiry time.Time) (bool, error) {
	s.got(ctx)
	s.key, s.expires, s.value = key, expiry, mark
	return s.claimed, s.err
}

// FindCtx must not be needed by a store that can claim.
func (s *claimer) FindCtx(context.Context, string) ([]byte, bool, error) {
	panic("two commands instead of one")
}

func TestAStoreThatCanClaimDecides(t *testing.T) {
	seal, err := NewSeal("wx", "secret", "test")
	if err != nil {
		t.Fatal(err)
	}
	until, down := time.Unix(1_800_000_000, 0), errors.New("down")
	for rule, c := range map[string]struct {
		claimed bool
		err     error
	}{"the first one claims": {true, nil}, "a further one does not": {false, nil}, "a store that fails tells of it": {false, down}} {
		synctest.Test(t, func(t *testing.T) {
			s := &claimer{claimed: c.claimed, answering: answering{err: c.err}}
			claimed, err := New(s, seal).Claim(t.Context(), "k", until)
			if claimed != c.claimed || err != c.err {
				t.Errorf("rule: %s: %v %v", rule, claimed, err)
			}
			if s.key != "k" || !s.expires.Equal(until) || len(s.value) == 0 {
				t.Errorf("rule: the store marks this key until then: %q %v %v", s.key, s.expires, s.value)
			}
			if s.left != 500*time.Millisecond || s.ctx.Err() == nil {
				t.Errorf("rule: a claim gives the store half a second, and its timer ends with it: %v", s.left)
			}
		})
	}
}

func TestAStoreThatCannotClaimIsLookedAt(t *testing.T) {
	seal, err := NewSeal("wx", "secret", "test")
	if err != nil {
		t.Fatal(err)
	}
	down := errors.New("down")
	for rule, c := range map[string]struct {
		store   *answering
		claimed bool
		err     error
	}{
		"a key without a value may be claimed":   {&answering{}, true, nil},
		"a key with a value is taken":            {&answering{value: seal.Close("k", nil), found: true}, false, nil},
		"a value that is not ours takes nothing": {&answering{value: []byte("other"), found: true}, true, nil},
		"a store that fails tells of it":         {&answering{err: down}, true, down},
	} {
		if claimed, err := New(c.store, seal).Claim(t.Context(), "k", time.Time{}); claimed != c.claimed || err != c.err {
			t.Errorf("rule: %s: %v %v", rule, claimed, err)
		}
	}
}

// panicsWhenClaiming is a store that panics with a secret.
type panicsWhenClaiming struct{ panics }

func (panicsWhenClaiming) ClaimCtx(context.Context, string, []byte, time.Time) (bool, error) {
	panic("a secret of the app's")
}

func TestAClaimThatPanicsIsAStoreThatFails(t *testing.T) {
	claimed, err := Claim(context.Background(), panicsWhenClaiming{}, "k", time.Now())
	if claimed || err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("rule: a claim that panics is none, and its error holds nothing of the panic's value: %v %v", claimed, err)
	}
}
