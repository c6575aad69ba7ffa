package once

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
)

func TestALoginEndsOnce(t *testing.T) {
	ctx, now, store := context.Background(), time.Now(), memstore.New()
	node := func() *Ends {
		e, err := NewEnds(store, time.Minute, "wx1", "a secret of some length")
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	one, two := node(), node()
	if first, _ := one.Is(ctx, "f", now); !first {
		t.Error("rule: the first end is the first")
	}
	if first, at := one.Is(ctx, "f", now.Add(time.Second)); first || !at.Equal(now) {
		t.Errorf("rule: a further end is none, and the time of the first is known: %v %v", first, at)
	}
	if first, at := two.Is(ctx, "f", now); first || !at.IsZero() {
		t.Errorf("rule: another node with the same store knows the end: %v %v", first, at)
	}
	if first, _ := two.Is(ctx, "g", now); !first {
		t.Error("rule: another login has an end of its own")
	}
}

func TestEndsAreBoundedAndForgotten(t *testing.T) {
	ctx, now := context.Background(), time.Now()
	e, err := NewEnds(nil, time.Minute, "wx1", "a secret of some length")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 * maxEnds {
		e.Is(ctx, strconv.Itoa(i), now)
		if n := e.Len(); n > 2*maxEnds {
			t.Fatalf("rule: ends have a bound: %d are held", n)
		}
	}
	if first, _ := e.Is(ctx, strconv.Itoa(5*maxEnds-1), now); first {
		t.Error("rule: the latest ends are kept")
	}
	for range 2 {
		now = now.Add(2 * time.Minute)
		e.Sweep(now)
	}
	if n := e.Len(); n != 0 {
		t.Errorf("rule: what is over is dropped: %d are held", n)
	}
}
