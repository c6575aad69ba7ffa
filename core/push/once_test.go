package push

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
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

// claiming is a store that can claim.
type claiming struct {
	*memstore.MemStore
	mu sync.Mutex
}

func (s *claiming) ClaimCtx(_ context.Context, key string, b []byte, expiry time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, found, err := s.Find(key); found || err != nil {
		return false, err
	}
	return true, s.Commit(key, b, expiry)
}

func TestOneMessageAtTwoNodesAtOnceIsHandledOnce(t *testing.T) {
	r := newRig(t)
	store := &claiming{MemStore: memstore.NewWithCleanupInterval(0)}
	var handled atomic.Int64
	hook := Config{OnFollow: func(context.Context, FollowEvent) error { handled.Add(1); return nil }, MaxWaiting: 10_000}
	var posters []*poster
	var receivers []*Receiver
	for range 2 {
		r.receiver = r.node(store)
		receivers = append(receivers, r.receiver)
		posters = append(posters, r.poster(hook))
	}
	var senders sync.WaitGroup
	for i := range 500 {
		message := event(fmt.Sprintf("oPerson_%d", i), "subscribe", "", r.now())
		for _, p := range posters {
			senders.Go(func() { p.post(message) })
		}
	}
	senders.Wait()
	for _, receiver := range receivers {
		receiver.waiting.running.Wait()
	}
	if handled.Load() != 500 {
		t.Errorf("rule: where the store can claim, of two nodes that get one message at once one handles it: %d of 500", handled.Load())
	}
}

func TestAMessageThatANodeHasNoRoomForIsLeftToOthers(t *testing.T) {
	r := newRig(t)
	store := &claiming{MemStore: memstore.NewWithCleanupInterval(0)}
	goOn := make(chan struct{})
	r.receiver = r.node(store)
	busy, first := r.receiver, r.poster(Config{MaxWaiting: 1, OnFollow: func(context.Context, FollowEvent) error { <-goOn; return nil }})
	var l ledger
	r.receiver = r.node(store)
	other := r.poster(l.hooks(Config{}))
	first.post(event("oAlice_1", "subscribe", "", r.now()))
	message := event("oBob_123", "subscribe", "", r.now())
	if w := first.post(message); w.Code != 503 {
		t.Fatalf("rule: what there is no room for is not acknowledged: %d", w.Code)
	}
	other.post(message)
	if got := l.read(r.receiver); len(got) != 1 {
		t.Errorf("rule: what one node had no room for, another one handles: %q", got)
	}
	close(goOn)
	busy.waiting.running.Wait()
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

func TestDifferentMessagesAreDifferent(t *testing.T) {
	for mode, key := range map[string]string{"明文模式": "", "安全模式": pushAESKey} {
		r := newRig(t)
		made := strconv.FormatInt(r.now().Unix(), 10)
		text := func(openID, made, id, content string) string {
			return "<xml><FromUserName>" + openID + "</FromUserName><CreateTime>" + made + "</CreateTime><MsgType>text</MsgType><Content>" + content + "</Content>" + id + "</xml>"
		}
		first := text("oAlice_1", made, "<MsgId>1</MsgId>", "a")
		card := func(id string) string {
			return event("oAlice_1", "user_get_card", "", r.now(), "<CardId>"+id+"</CardId>")
		}
		for _, tt := range []struct {
			rule     string
			messages []string
			want     int
		}{
			{"one message, three times", []string{first, first, first}, 1},
			{"two people under one number", []string{first, text("oBob_123", made, "<MsgId>1</MsgId>", "a")}, 2},
			{"one person under one number, a second later", []string{first, text("oAlice_1", strconv.FormatInt(r.now().Unix()-1, 10), "<MsgId>1</MsgId>", "a")}, 2},
			{"one message, written anew", []string{first, text("oAlice_1", made, " <MsgId>1</MsgId>", "a")}, 1},
			{"two numbers", []string{first, text("oAlice_1", made, "<MsgId>2</MsgId>", "a")}, 2},
			{"two messages without a number", []string{text("oAlice_1", made, "", "a"), text("oAlice_1", made, "", "b")}, 2},
			{"one message without a number, twice", []string{text("oAlice_1", made, "", "a"), text("oAlice_1", made, "", "a")}, 1},
			{"two events of one second", []string{card("1"), card("2"), card("1")}, 2},
			{"an event and a message", []string{card("1"), first}, 2},
			{"number and time, cut elsewhere", []string{text("oAlice_1", made, "<MsgId>11</MsgId>", "a"), text("oAlice_11", made, "<MsgId>1</MsgId>", "a")}, 2},
		} {
			r.receiver = r.node(nil)
			var l ledger
			p := r.poster(l.hooks(Config{EncodingAESKey: key}))
			for _, m := range tt.messages {
				if w := p.post(m); w.Code != 200 {
					t.Errorf("%s: %d", tt.rule, w.Code)
				}
			}
			if got := l.read(r.receiver); len(got) != tt.want {
				t.Errorf("rule: each message reaches a hook once, and every other one as well: %s (%s): %q", tt.rule, mode, got)
			}
		}
	}
}

func TestWhatThisPackageIsHandedMayPanic(t *testing.T) {
	r := newRig(t)
	r.receiver = NewReceiver(Account{AppID: testAppID, Followers: panicking{}, Tokens: panicking{}, Logger: slog.New(slog.NewTextHandler(r.log, nil)), Now: r.now})
	var l ledger
	p := r.poster(l.hooks(Config{}))
	for i, name := range []string{"subscribe", "unsubscribe"} {
		if w := p.post(event("oAlice_1", name, "", r.now().Add(time.Duration(i)*time.Second))); w.Code != 200 {
			t.Errorf("rule: no message is lost for a panic in what keeps followers or tokens: %d", w.Code)
		}
	}
	if got := l.read(r.receiver); len(got) != 2 || strings.Contains(r.log.String(), "secret of the app's") || !strings.Contains(r.log.String(), "panic of type string") {
		t.Errorf("rule: it is logged without its value: %q %s", got, r.log)
	}
}

type panicking struct{}

func (panicking) Heard(context.Context, string, bool, time.Time) { panic("secret of the app's") }
func (panicking) Forget(context.Context, string)                 { panic("secret of the app's") }

func TestOldMessagesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		p := r.poster(Config{})
		p.post(event("oAlice_1", "CLICK", "", r.now()))
		time.Sleep(remembered - time.Second) // the clock of synctest: nobody waits
		r.receiver.Sweep()
		if n := r.receiver.recent.ItemCount(); n != 2 {
			t.Errorf("rule: a message and its signature are remembered for 10 minutes: %d", n)
		}
		time.Sleep(2 * time.Second)
		r.receiver.Sweep()
		if n := r.receiver.recent.ItemCount(); n != 0 {
			t.Errorf("rule: a message is forgotten when it can no longer be sent again: %d", n)
		}
	})
}
