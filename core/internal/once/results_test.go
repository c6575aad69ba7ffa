package once

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

func results(t *testing.T, store scs.Store) *Results {
	t.Helper()
	r, err := NewResults(store, "wx0123456789abcdef", "a secret")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestASealedResultFitsOnlyItsKey(t *testing.T) {
	shared := memstore.NewWithCleanupInterval(0)
	r, ctx := results(t, shared), context.Background()
	r.Put(ctx, Key("c", "alice", "snsapi_base"), "record")
	r.local.Flush()
	if got, ok := r.Get(ctx, Key("c", "alice", "snsapi_base")); !ok || got != "record" {
		t.Fatalf("rule: another node reads the result: %q %v", got, ok)
	}
	sealed, _, _ := shared.Find(Key("c", "alice", "snsapi_base"))
	for name, value := range map[string][]byte{"moved to another key": sealed, "cut": sealed[:20], "empty": nil, "changed": append(sealed[:len(sealed)-1:len(sealed)-1], sealed[len(sealed)-1]^1)} {
		shared.Commit(Key("c", "bob", "snsapi_base"), value, time.Now().Add(time.Minute))
		if got, ok := r.Get(ctx, Key("c", "bob", "snsapi_base")); ok {
			t.Errorf("rule: a sealed result fits only its key (%s): %q", name, got)
		}
	}
}

func TestAResultSealedWithAFormerSecretIsRead(t *testing.T) {
	shared, ctx := memstore.NewWithCleanupInterval(0), context.Background()
	former, err := NewResults(shared, "wx0123456789abcdef", "former")
	if err != nil {
		t.Fatal(err)
	}
	former.Put(ctx, Key("c", "b", "s"), "record")
	for rule, c := range map[string]struct {
		previous []string
		found    bool
	}{"a listed secret's result is read": {[]string{"former"}, true}, "one that is not listed opens nothing": {nil, false}} {
		now, err := NewResults(shared, "wx0123456789abcdef", "now", c.previous...)
		if err != nil {
			t.Fatal(err)
		}
		if got, found := now.Get(ctx, Key("c", "b", "s")); found != c.found || found && got != "record" {
			t.Errorf("rule: %s: %q %v", rule, got, found)
		}
	}
}

func TestTheKeyCoversCodeBrowserAndScope(t *testing.T) {
	seen := map[string]bool{}
	for _, parts := range [][3]string{{"c", "b", "s"}, {"d", "b", "s"}, {"c", "d", "s"}, {"c", "b", "t"}, {"cb", "", "s"}} {
		seen[Key(parts[0], parts[1], parts[2])] = true
	}
	if len(seen) != 5 {
		t.Errorf("rule: a result is for one code in one browser with one scope: %d keys of 5", len(seen))
	}
}

func TestAUsedCodeWaitsForTheNodeThatUsesIt(t *testing.T) {
	for name, written := range map[string]time.Duration{"in time": 400 * time.Millisecond, "too late": 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			shared := memstore.NewWithCleanupInterval(0)
			one, two := results(t, shared), results(t, shared)
			key := Key("c", "b", "snsapi_base")
			var node sync.WaitGroup
			defer node.Wait()
			node.Go(func() {
				time.Sleep(written) // the clock of synctest: nobody waits
				two.Put(context.Background(), key, "record")
			})
			began := time.Now()
			_, ok := one.Await(context.Background(), key)
			waited := time.Since(began)
			if ok != (written < AwaitLife) || waited > AwaitLife {
				t.Errorf("%s: found %v after %v", name, ok, waited)
			}
		})
	}
}

func TestAResultEndsWithTheCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ctx := results(t, nil), context.Background()
		r.Put(ctx, "key", "record")
		time.Sleep(Life - time.Second)
		if _, ok := r.Get(ctx, "key"); !ok {
			t.Error("rule: a result is remembered as long as WeChat keeps the code")
		}
		time.Sleep(2 * time.Second)
		if _, ok := r.Get(ctx, "key"); ok {
			t.Error("rule: a result is forgotten when WeChat has forgotten the code")
		}
		r.Sweep()
		if n := r.Len(); n != 0 {
			t.Errorf("rule: a sweep drops what is over: %d left", n)
		}
	})
}
