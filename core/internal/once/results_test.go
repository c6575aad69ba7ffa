package once

import (
	"context"
	"errors"
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
	r.Put(ctx, Key("c", "alice", "snsapi_base"), "alice", "record", Life)
	r.local.Flush()
	if got, ok := r.Get(ctx, Key("c", "alice", "snsapi_base"), "alice"); !ok || got != "record" {
		t.Fatalf("rule: another node reads the result: %q %v", got, ok)
	}
	sealed, _, _ := shared.Find(Key("c", "alice", "snsapi_base"))
	for name, value := range map[string][]byte{"moved to another key": sealed, "cut": sealed[:20], "empty": nil, "changed": append(sealed[:len(sealed)-1:len(sealed)-1], sealed[len(sealed)-1]^1)} {
		shared.Commit(Key("c", "bob", "snsapi_base"), value, time.Now().Add(time.Minute))
		if got, ok := r.Get(ctx, Key("c", "bob", "snsapi_base"), "bob"); ok {
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
	former.Put(ctx, Key("c", "b", "s"), "b", "record", Life)
	for rule, c := range map[string]struct {
		previous []string
		found    bool
	}{"a listed secret's result is read": {[]string{"former"}, true}, "one that is not listed opens nothing": {nil, false}} {
		now, err := NewResults(shared, "wx0123456789abcdef", "now", c.previous...)
		if err != nil {
			t.Fatal(err)
		}
		if got, found := now.Get(ctx, Key("c", "b", "s"), "b"); found != c.found || found && got != "record" {
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
				two.Put(context.Background(), key, "b", "record", Life)
			})
			began := time.Now()
			_, ok := one.Await(context.Background(), key, "b")
			waited := time.Since(began)
			if ok != (written < AwaitLife) || waited > AwaitLife {
				t.Errorf("%s: found %v after %v", name, ok, waited)
			}
		})
	}
}

func TestAResultEndsWithTheCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMapStore()
		r, other, ctx := results(t, store), results(t, store), context.Background()
		r.Put(ctx, "key", "b", "record", Life)
		time.Sleep(Life - time.Second)
		for _, node := range []*Results{r, other} {
			if _, ok := node.Get(ctx, "key", "b"); !ok {
				t.Error("rule: a result is remembered as long as WeChat keeps the code")
			}
		}
		time.Sleep(2 * time.Second)
		for _, node := range []*Results{r, other} {
			if _, ok := node.Get(ctx, "key", "b"); ok {
				t.Error("rule: a result is forgotten when WeChat has forgotten the code")
			}
		}
		r.Sweep()
		if n := r.Len(); n != 0 {
			t.Errorf("rule: a sweep drops what is over: %d left", n)
		}
	})
}

func TestAWebsitesResultLivesAsLongAsItsCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMapStore()
		r, other, ctx := results(t, store), results(t, store), context.Background()
		r.Put(ctx, "scan", "b", "record", WebsiteLife)
		r.Put(ctx, "silent", "b", "record", Life) // the shorter one does not shorten what is known of the browser
		time.Sleep(WebsiteLife - time.Second)
		for _, node := range []*Results{r, other} {
			if _, ok := node.Get(ctx, "scan", "b"); !ok {
				t.Error("rule: a website's result is remembered for 10 minutes")
			}
			if _, ok := node.Get(ctx, "silent", "b"); ok {
				t.Error("rule: an account's is not")
			}
		}
		if !r.Knows("b") {
			t.Error("rule: its browser is known as long, so that a logout ends it")
		}
		r.End(ctx, "b")
		if _, ok := r.Get(ctx, "scan", "b"); ok {
			t.Error("rule: a logout ends it")
		}
		time.Sleep(2 * time.Second)
		if _, ok := other.Get(ctx, "scan", "b"); ok {
			t.Error("rule: then it is forgotten")
		}
	})
}

func TestALogoutEndsEveryResultOfItsBrowser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := newMapStore()
		for rule, c := range map[string]struct {
			store  scs.Store
			at, by int // which node is asked, and which one hears of the logout
			want   bool
		}{
			"at the node that heard of it":                        {nil, 0, 0, false},
			"at the node that heard of it, with a store":          {shared, 0, 0, false},
			"at a node that only reads the store":                 {shared, 1, 0, false},
			"at the node that exchanged, when another one hears":  {shared, 0, 1, false},
			"not at a node without a store in common: documented": {nil, 0, 1, true},
		} {
			nodes := []*Results{results(t, c.store), results(t, c.store)}
			ctx := context.Background()
			code, browser := "c "+rule, "b "+rule
			nodes[0].Put(ctx, Key(code, browser, "s"), browser, "record", Life)
			nodes[0].Put(ctx, Key(code, "other", "s"), "other", "record", Life)
			nodes[c.by].End(ctx, browser)
			time.Sleep(Life - time.Second)
			if _, found := nodes[c.at].Get(ctx, Key(code, browser, "s"), browser); found != c.want {
				t.Errorf("rule: a logout ends what is remembered %s: %v", rule, found)
			}
			if _, found := nodes[c.at].Get(ctx, Key(code, "other", "s"), "other"); !found {
				t.Errorf("rule: and nothing of another browser's (%s)", rule)
			}
			if nodes[0].Ended(browser) != (c.by == 0) || nodes[0].Ended("other") {
				t.Errorf("rule: a node knows of the logouts that it heard of (%s)", rule)
			}
			time.Sleep(endLife)
			nodes[0].Sweep()
			nodes[1].Sweep()
			if n := nodes[0].Len() + nodes[1].Len(); n != 0 {
				t.Errorf("rule: a sweep drops what is over: %d left", n)
			}
		}
	})
}

func TestOnlyBrowsersWithAResultAreKnown(t *testing.T) {
	r := results(t, nil)
	r.Put(context.Background(), Key("c", "alice", "s"), "alice", "record", Life)
	if !r.Knows("alice") || r.Knows("bob") {
		t.Error("rule: a browser is known by a code that WeChat accepted")
	}
}

func TestAStoreThatIsDownEndsNoResult(t *testing.T) {
	r := results(t, down{})
	ctx := context.Background()
	r.Put(ctx, Key("c", "b", "s"), "b", "record", Life)
	if _, found := r.Get(ctx, Key("c", "b", "s"), "b"); !found {
		t.Error("rule: a store that is down is as good as none")
	}
	r.End(ctx, "b")
	if _, found := r.Get(ctx, Key("c", "b", "s"), "b"); found {
		t.Error("rule: a logout that this node heard of counts without the store")
	}
}

type down struct{}

func (down) Find(string) ([]byte, bool, error)      { return nil, false, errors.New("down") }
func (down) Commit(string, []byte, time.Time) error { panic("down") }
func (down) Delete(string) error                    { return errors.New("down") }

func newMapStore() scs.Store { return &mapStore{items: map[string]stored{}} }

// mapStore is a store without a goroutine.
type mapStore struct {
	mu    sync.Mutex
	items map[string]stored
}

type stored struct {
	value   []byte
	expires time.Time
}

func (m *mapStore) Find(key string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it, found := m.items[key]
	return it.value, found && time.Now().Before(it.expires), nil
}

func (m *mapStore) Commit(key string, value []byte, expires time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items[key] = stored{value, expires}
	return nil
}

func (m *mapStore) Delete(key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.items, key)
	return nil
}
