package follow

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// fixture is Followers of an account in front of a WeChat that is a function.
func fixture(t *testing.T, store scs.Store, lookUp func(context.Context, string) (bool, error)) *Followers {
	t.Helper()
	f, err := New(Config{AppID: "wx0123456789abcdef", AppSecret: "a secret", Store: store, LookUp: lookUp, MaxLookUps: 256, Now: time.Now, Lifetime: t.Context()})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func yes(context.Context, string) (bool, error) { return true, nil }

func TestAYesCountsFromWhenWeChatWasAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fixture(t, nil, yes)
		f.note("oAlice_1", sighting{follows: true, at: time.Now().Add(time.Second - YesLife)})
		if !f.KnownToFollow("oAlice_1") {
			t.Error("rule: a yes lasts for 5 minutes")
		}
		time.Sleep(time.Second)
		if f.KnownToFollow("oAlice_1") {
			t.Error("rule: a yes lasts for 5 minutes from when WeChat was asked, not from when this node read it")
		}
	})
}

func TestALateLookUpUndoesNoMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fixture(t, nil, yes)
		asked := time.Now()
		time.Sleep(time.Second)
		f.Heard(t.Context(), "oAlice_1", false, time.Now())
		time.Sleep(LookUpTimeout - time.Second) // the no is over, and still known to have been
		if _, taken := f.note("oAlice_1", sighting{follows: true, at: asked}); taken {
			t.Error("rule: a look-up that began before a message came and takes all its time undoes nothing")
		}
		time.Sleep(noteLife)
		f.Sweep()
		if n := f.Len(); n != 0 {
			t.Errorf("rule: what is old is forgotten: %d", n)
		}
	})
}

func TestManyWhoAskAboutOnePersonAskWeChatOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		f := fixture(t, nil, func(context.Context, string) (bool, error) {
			calls.Add(1)
			time.Sleep(time.Second)
			return true, nil
		})
		var visitors sync.WaitGroup
		for range 50 {
			visitors.Go(func() {
				if follows, err := f.Follows(t.Context(), "oAlice_1"); !follows || err != nil {
					t.Errorf("rule: everybody is told: %v %v", follows, err)
				}
			})
		}
		visitors.Wait()
		if n := calls.Load(); n != 1 {
			t.Errorf("rule: WeChat is asked once: %d", n)
		}
	})
}

func TestLookUpsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fixture(t, nil, yes)
		for range 256 {
			f.places <- struct{}{}
		}
		if _, err := f.Follows(t.Context(), "oAlice_1"); err == nil {
			t.Error("rule: beyond 256 look-ups at once nothing is known")
		}
	})
}

func TestAMessageReachesOtherNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := memstore.NewWithCleanupInterval(0)
		one, two := fixture(t, shared, yes), fixture(t, shared, yes)
		if follows, err := two.Follows(t.Context(), "oAlice_1"); !follows || err != nil {
			t.Fatal(follows, err)
		}
		time.Sleep(time.Second)
		one.Heard(t.Context(), "oAlice_1", false, time.Now())
		time.Sleep(LookAgain)
		if two.KnownToFollow("oAlice_1") {
			t.Error("rule: a yes is not believed for longer than 5 s where other nodes may have heard otherwise")
		}
	})
}

func TestAnOldMessageOnlySaysThatSomethingChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		f := fixture(t, nil, func(context.Context, string) (bool, error) { calls++; return false, nil })
		f.Heard(t.Context(), "oAlice_1", true, time.Now().Add(-FreshMessage-time.Second))
		if f.KnownToFollow("oAlice_1") {
			t.Error("rule: an old message opens nothing")
		}
		if follows, err := f.Follows(t.Context(), "oAlice_1"); follows || err != nil || calls != 1 {
			t.Errorf("rule: after an old message WeChat is asked: %v %v, %d calls", follows, err, calls)
		}
	})
}

func TestWhatIsNotKnownOpensNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for rule, s := range map[string]sighting{
			"a look-up that failed":                   {err: errors.New("down"), at: now},
			"a look-up that failed, about a follower": {follows: true, err: errors.New("down"), at: now},
			"a no":               {at: now},
			"an old message":     {follows: true, unknown: true, message: true, at: now},
			"a yes that is over": {follows: true, at: now.Add(-YesLife)},
		} {
			f := fixture(t, nil, yes)
			f.note("oAlice_1", s)
			if f.KnownToFollow("oAlice_1") {
				t.Errorf("rule: nobody is known to follow by %s", rule)
			}
		}
		f := fixture(t, nil, yes)
		if f.KnownToFollow("oAlice_1") {
			t.Error("rule: nor by nothing at all")
		}
		if f.note("oAlice_1", sighting{follows: true, at: now}); !f.KnownToFollow("oAlice_1") || f.KnownToFollow("oAlice_2") {
			t.Error("rule: a fresh yes counts, for that person")
		}
	})
}

func TestAFailedLookUpIsNotAskedAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		f := fixture(t, nil, func(context.Context, string) (bool, error) { calls++; return false, errors.New("down") })
		for range 5 {
			if follows, err := f.Follows(t.Context(), "oAlice_1"); follows || err == nil {
				t.Errorf("rule: an error is no answer: %v", follows)
			}
		}
		if calls != 1 {
			t.Errorf("rule: a failure is remembered for 3 s: %d calls", calls)
		}
		time.Sleep(NoLife)
		if f.Follows(t.Context(), "oAlice_1"); calls != 2 {
			t.Errorf("rule: and then WeChat is asked again: %d calls", calls)
		}
	})
}
