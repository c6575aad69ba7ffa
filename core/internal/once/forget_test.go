package once

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestForgettingAPersonDropsTheirResultsAndNoOthers(t *testing.T) {
	store := newMapStore()
	r, other, ctx := results(t, store), results(t, store), context.Background()
	for code, record := range map[string]string{"1": "alice one", "2": "alice two", "3": "bob"} {
		r.Put(ctx, code, "browser", record, Life)
	}
	if err := r.Forget(ctx, func(record string) bool { return strings.HasPrefix(record, "alice") }); err != nil {
		t.Errorf("rule: forgetting succeeds where the store does: %v", err)
	}
	for code, want := range map[string]bool{"1": false, "2": false, "3": true} {
		for node, r := range map[string]*Results{"the node that forgets": r, "another node with its store": other} {
			if _, found := r.Get(ctx, code, "browser"); found != want {
				t.Errorf("rule: the results of a person are forgotten, and no others: code %s at %s: %v", code, node, found)
			}
		}
	}
}

func TestForgettingWithoutAStoreDropsWhatTheProcessHolds(t *testing.T) {
	r, ctx := results(t, nil), context.Background()
	r.Put(ctx, "1", "browser", "alice", Life)
	if err := r.Forget(ctx, func(record string) bool { return record == "alice" }); err != nil {
		t.Errorf("rule: without a store nothing fails: %v", err)
	}
	if _, found := r.Get(ctx, "1", "browser"); found {
		t.Error("rule: a result is forgotten without a store, too")
	}
}

func TestForgettingTellsOfAStoreThatFails(t *testing.T) {
	s := &undeletable{late: &late{}, err: errors.New("down")}
	r, err := NewResults(s, "wx", "secret")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r.Put(ctx, "key", "browser", "alice", Life)
	r.Put(ctx, "other", "browser", "alice", Life)
	err = r.Forget(ctx, func(string) bool { return true })
	if err == nil || strings.Count(err.Error(), "down") != 2 || !errors.Is(err, s.err) {
		t.Errorf("rule: what could not be deleted is told, each of it: %v", err)
	}
	if r.local.ItemCount() != 0 {
		t.Errorf("rule: the process forgets although the store fails: %d results", r.local.ItemCount())
	}
}

// undeletable is a store that deletes nothing.
type undeletable struct {
	*late
	err error
}

func (s *undeletable) DeleteCtx(context.Context, string) error { return s.err }

func TestAPersonThatIsForgottenIsCountedAnew(t *testing.T) {
	d, now := NewDeliveries(), time.Now()
	repeat := func(person string) error {
		_ = d.Add(person+" code", "b "+person, person, now)
		return d.Add(person+" code", "b "+person, person, now)
	}
	fill := func(person string) {
		for range MaxRepeatsPerPerson {
			d.people.add(person, now)
		}
	}
	fill("oAlice")
	fill("oBob")
	d.Forget("oAlice")
	if err := repeat("oAlice"); err != nil {
		t.Errorf("rule: nothing is counted of a person who was forgotten: %v", err)
	}
	if repeat("oBob") == nil {
		t.Error("rule: the count of everybody else stays")
	}
}

func TestLenCountsAllThatIsHeld(t *testing.T) {
	now := time.Now()
	d := NewDeliveries()
	for _, code := range []string{"1", "1", "2"} { // a person is counted at a repeated code only
		if err := d.Add(code, "browser", "oAlice", now); err != nil {
			t.Fatal(err)
		}
	}
	f, g := NewFirst(time.Minute), NewLoopGuard(time.Minute)
	for _, name := range []string{"a", "b", "a"} {
		f.Is(name, now)
		g.Add(name, now)
	}
	if d.Len() != 2+1+1 || f.Len() != 2 || g.Len() != 2 {
		t.Errorf("rule: two codes, a person and a browser; two names; two browsers: %d, %d, %d", d.Len(), f.Len(), g.Len())
	}
}

func TestABrowserIsKnownForAsLongAsItsLongestResult(t *testing.T) {
	for rule, lives := range map[string][]time.Duration{
		"one result": {WebsiteLife}, "the shorter one first": {Life, WebsiteLife}, "the longer one first": {WebsiteLife, Life}, "two that live as long": {WebsiteLife, WebsiteLife},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := results(t, nil)
			for i, life := range lives {
				r.Put(t.Context(), strconv.Itoa(i), "browser", "record", life)
			}
			time.Sleep(WebsiteLife - time.Nanosecond)
			if !r.Knows("browser") {
				t.Errorf("rule: a browser is known for as long as its longest result: %s", rule)
			}
			time.Sleep(2 * time.Nanosecond)
			if r.Knows("browser") {
				t.Errorf("rule: and no longer: %s", rule)
			}
		})
	}
}
