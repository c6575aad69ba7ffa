package once

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"
)

func newEnds(t *testing.T, store scs.Store, previous ...string) *Ends {
	t.Helper()
	e, err := NewEnds(store, time.Minute, "wx1", "a secret of some length", previous...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAnotherNodeKnowsAnEndForItsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, store := context.Background(), newMapStore()
		newEnds(t, store).Is(ctx, "f", time.Now())
		time.Sleep(time.Minute - time.Nanosecond)
		if first, _ := newEnds(t, store).Is(ctx, "f", time.Now()); first {
			t.Error("rule: another node knows an end for its life")
		}
		time.Sleep(time.Nanosecond)
		if first, _ := newEnds(t, store).Is(ctx, "f", time.Now()); !first {
			t.Error("rule: and no longer")
		}
	})
}

func TestEndsAreDroppedInTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, e := context.Background(), newEnds(t, nil)
		e.Sweep(time.Now())
		e.Is(ctx, "f", time.Now())
		for sweeps, c := range []struct {
			after time.Duration
			held  int
		}{{time.Minute, 1}, {time.Nanosecond, 1}, {time.Minute, 1}, {time.Nanosecond, 0}} {
			time.Sleep(c.after)
			e.Sweep(time.Now())
			if n := e.Len(); n != c.held {
				t.Errorf("rule: an end is held for one life at least and two at most: sweep %d: %d held, want %d", sweeps+1, n, c.held)
			}
		}
	})
}

func TestThirtyTwoThousandEndsFitInAHalf(t *testing.T) {
	ctx, now, e := context.Background(), time.Now(), newEnds(t, nil)
	fill := func(from, to int) {
		for i := from; i < to; i++ {
			e.Is(ctx, strconv.Itoa(i), now)
		}
	}
	fill(0, 32_768)
	if len(e.now) != 32_768 || len(e.before) != 0 {
		t.Errorf("rule: 32,768 ends are held before any is moved: %d and %d", len(e.now), len(e.before))
	}
	e.Is(ctx, "one more", now)
	if len(e.now) != 1 || len(e.before) != 32_768 || e.Len() != 32_769 {
		t.Errorf("rule: the next end moves them, and forgets none of them: %d and %d", len(e.now), len(e.before))
	}
	if first, at := e.Is(ctx, "0", now.Add(time.Second)); first || !at.Equal(now) {
		t.Errorf("rule: an end that was moved is known, with its time: %v %v", first, at)
	}
	e.Sweep(now.Add(time.Minute))
	if e.Len() != 32_769 {
		t.Errorf("rule: a flood begins a turn, so a sweep within its life drops nothing: %d", e.Len())
	}
}

func TestAnEndIsToldAlthoughTheStoreFails(t *testing.T) {
	s := &late{err: errors.New("down")}
	e := newEnds(t, s)
	if first, at := e.Is(context.Background(), "f", time.Now()); !first || !at.IsZero() {
		t.Errorf("rule: with a store that is down an end is told: %v %v", first, at)
	}
	if first, _ := e.Is(context.Background(), "f", time.Now()); first {
		t.Error("rule: and told once by this process")
	}
}

func TestAStoreThatFailsKnowsNoEnd(t *testing.T) {
	store, ctx := newMapStore(), context.Background()
	newEnds(t, store).Is(ctx, "f", time.Now())
	if first, _ := newEnds(t, contrary{store}).Is(ctx, "f", time.Now()); !first {
		t.Error("rule: what a store says beside an error does not count")
	}
}

// contrary is a store that finds what it is asked for, and fails all the same.
type contrary struct{ scs.Store }

func (s contrary) Find(key string) ([]byte, bool, error) {
	b, found, _ := s.Store.Find(key)
	return b, found, errors.New("down")
}

func TestAnEndThatANodeWithTheFormerSecretNotedIsKnown(t *testing.T) {
	store, ctx := newMapStore(), context.Background()
	former, err := NewEnds(store, time.Minute, "wx1", "the former secret of some length")
	if err != nil {
		t.Fatal(err)
	}
	former.Is(ctx, "f", time.Now())
	if first, _ := newEnds(t, store, "the former secret of some length").Is(ctx, "f", time.Now()); first {
		t.Error("rule: a listed former secret's notes are read")
	}
	if first, _ := newEnds(t, store).Is(ctx, "f", time.Now()); !first {
		t.Error("rule: another secret's are not")
	}
}
