package push

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

func TestRetriesAreHandledOnce(t *testing.T) {
	for mode, key := range map[string]string{"plain": "", "AES": pushAESKey} {
		r := newRig(t)
		var handled, wrong atomic.Int64
		p := r.poster(Config{EncodingAESKey: key, OnFollow: func(context.Context, FollowEvent) error {
			handled.Add(1)
			return nil
		}})
		var senders sync.WaitGroup
		for i := range 1000 {
			for range 3 {
				senders.Go(func() {
					for p.post(event(fmt.Sprintf("oPerson_%d", i), "subscribe", "", r.now())).Code != 200 {
						wrong.Add(1) // too much to do at once: WeChat sends it again
					}
				})
			}
		}
		senders.Wait()
		r.receiver.waiting.running.Wait()
		if handled.Load() != 1000 {
			t.Errorf("rule: 1,000 events sent three times are handled 1,000 times (%s): %d", mode, handled.Load())
		}
		t.Logf("%s: 1,000 events, 3,000 deliveries, %d handled, %d sent again", mode, handled.Load(), wrong.Load())
	}
}

func TestEventsOfOneSecondAreToldApartByTheirNumber(t *testing.T) {
	r := newRig(t)
	var l ledger
	p := r.poster(l.hooks(Config{}))
	for _, number := range []string{"<MsgID>1</MsgID>", "<MsgID>2</MsgID>", "<MsgID>2</MsgID>", "<MsgId>1</MsgId>", "<MsgId>2</MsgId>"} {
		p.post(event("oAlice_1", "TEMPLATESENDJOBFINISH", "", r.now(), number))
	}
	if got := l.read(r.receiver); len(got) != 4 {
		t.Errorf("rule: two of one second are two, one sent twice is one: %q", got)
	}
}

func TestRetriesToAnotherNodeAreHandledOnce(t *testing.T) {
	var l ledger
	shared := memstore.NewWithCleanupInterval(0)
	r := newRig(t)
	r.receiver = r.node(shared)
	first, one := r.receiver, r.poster(l.hooks(Config{}))
	r.receiver = r.node(shared)
	two := r.poster(l.hooks(Config{}))
	message := event("oAlice_1", "subscribe", "", r.now())
	one.post(message)
	l.read(first)
	two.post(message)
	if got := l.read(r.receiver); len(got) != 1 {
		t.Errorf("rule: a message that one node handled is not handled by another: %q", got)
	}
}

func TestTheAnswerDoesNotWaitForTheHook(t *testing.T) {
	r := newRig(t)
	goOn := make(chan struct{})
	var l ledger
	p := l.hooks(Config{})
	p.OnFollow = func(_ context.Context, e FollowEvent) error {
		<-goOn
		return l.add("follow %s", e.OpenID)
	}
	post := r.poster(p)
	if w := post.post(event("oAlice_1", "subscribe", "", r.now())); w.Code != 200 {
		t.Errorf("rule: WeChat is answered before the work is done: %d", w.Code)
	}
	post.post(event("oAlice_1", "unsubscribe", "", r.now().Add(time.Second)))
	post.post(event("oBob_123", "unsubscribe", "", r.now()))
	for len(func() []string { l.mu.Lock(); defer l.mu.Unlock(); return l.lines }()) == 0 {
		runtime.Gosched() // somebody else's work is not held up
	}
	close(goOn)
	if got := l.read(r.receiver); !slices.Equal(got, []string{"unfollow oBob_123", "follow oAlice_1", "unfollow oAlice_1"}) {
		t.Errorf("rule: one person's messages are worked on in their order: %q", got)
	}
}

// slowStore takes as long as it is given.
type slowStore struct{ scs.Store }

func (slowStore) FindCtx(ctx context.Context, _ string) ([]byte, bool, error) {
	<-ctx.Done()
	return nil, false, ctx.Err()
}

func (slowStore) CommitCtx(ctx context.Context, _ string, _ []byte, _ time.Time) error {
	<-ctx.Done()
	return ctx.Err()
}

func (slowStore) DeleteCtx(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }

func TestWeChatIsAnsweredWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.receiver = r.node(slowStore{memstore.NewWithCleanupInterval(0)})
		defer r.receiver.Close(time.Hour)
		p := r.poster(Config{OnFollow: func(context.Context, FollowEvent) error {
			time.Sleep(defaultHookTimeout) // the clock of synctest: nobody waits
			return nil
		}})
		began := time.Now()
		w := p.post(event("oAlice_1", "subscribe", "", r.now()))
		if took := time.Since(began); w.Code != 200 || took > time.Second {
			t.Errorf("rule: WeChat is answered within a second, however slow cache and hook are: %d after %v", w.Code, took)
		}
	})
}

func TestTooMuchToDoIsSentAgain(t *testing.T) {
	r := newRig(t)
	goOn := make(chan struct{})
	var handled atomic.Int64
	p := r.poster(Config{OnFollow: func(context.Context, FollowEvent) error {
		<-goOn
		handled.Add(1)
		return nil
	}})
	message := func(i int) string { return event(fmt.Sprintf("oPerson_%d", i), "subscribe", "", r.now()) }
	for i := range defaultMaxWaiting {
		p.post(message(i))
	}
	if w := p.post(message(defaultMaxWaiting)); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("rule: what there is no room for is not acknowledged: %d", w.Code)
	}
	close(goOn)
	r.receiver.waiting.running.Wait()
	if w := p.post(message(defaultMaxWaiting)); w.Code != 200 {
		t.Errorf("rule: what is sent again is taken: %d", w.Code)
	}
	r.receiver.waiting.running.Wait()
	if handled.Load() != defaultMaxWaiting+1 {
		t.Errorf("rule: nothing is lost and nothing done twice: %d", handled.Load())
	}
}

func TestAHookThatFailsHarmsNobody(t *testing.T) {
	r := newRig(t)
	calls := 0
	p := r.poster(Config{OnFollow: func(_ context.Context, e FollowEvent) error {
		if calls++; calls == 1 {
			panic("secret of the app's")
		}
		return errors.New("table is locked")
	}})
	for i := range 2 {
		if w := p.post(event("oAlice_1", "subscribe", "", r.now().Add(time.Duration(i)*time.Second))); w.Code != 200 {
			t.Errorf("%d", w.Code)
		}
	}
	r.receiver.waiting.running.Wait()
	log := r.log.String()
	if !strings.Contains(log, "panic of type string") || !strings.Contains(log, "table is locked") || strings.Contains(log, "secret of") || strings.Contains(log, "oAlice_1") {
		t.Errorf("rule: a hook that fails is logged, without what a panic holds or whose message it was: %s", log)
	}
}

func TestCloseWaitsForHooks(t *testing.T) {
	r := newRig(t)
	goOn := make(chan struct{})
	ended := false
	p := r.poster(Config{OnFollow: func(ctx context.Context, _ FollowEvent) error {
		<-goOn
		ended = ctx.Err() == nil
		return nil
	}})
	p.post(event("oAlice_1", "subscribe", "", r.now()))
	go func() {
		for !r.receiver.waiting.isClosed() {
			runtime.Gosched()
		}
		close(goOn)
	}()
	r.receiver.Close(time.Hour)
	if !ended {
		t.Error("rule: Close waits for hooks, and lets them work meanwhile")
	}
	if w := p.post(event("oAlice_1", "unsubscribe", "", r.now())); w.Code != 503 {
		t.Errorf("rule: nothing is acknowledged that nobody works on: %d", w.Code)
	}
}

func (q *queue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}
