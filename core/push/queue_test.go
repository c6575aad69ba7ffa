package push

import (
	"context"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestWorkThatEndsItsGoroutineEndsNothingElse(t *testing.T) {
	var q queue
	done := 0
	q.add("a", 2, func() { runtime.Goexit() })
	q.add("a", 2, func() { done++ })
	q.running.Wait()
	if done != 1 || q.size != 0 || len(q.jobs) != 0 {
		t.Errorf("rule: what waits behind work that ended its goroutine is worked on: %d, %d left", done, q.size)
	}
}

func TestCloseHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		goOn, calls := make(chan struct{}), 0
		p := r.poster(Config{OnFollow: func(context.Context, FollowEvent) error {
			calls++
			<-goOn // heeds no context
			return nil
		}})
		for i := range 3 {
			p.post(event("oAlice_1", "subscribe", "", r.now().Add(time.Duration(i)*time.Second)))
		}
		began := time.Now()
		dropped := r.receiver.Close(time.Minute)
		if took := time.Since(began); took != time.Minute {
			t.Errorf("rule: Close waits for hooks as long as it is told, and no longer: %v", took)
		}
		close(goOn)
		synctest.Wait()
		if calls != 1 || dropped != 2 {
			t.Errorf("rule: what had not begun is dropped, and said so: %d calls, %d dropped", calls, dropped)
		}
	})
}

func TestOnePersonShutsOutNobodyElse(t *testing.T) {
	r := newRig(t)
	goOn := make(chan struct{})
	p := r.poster(Config{OnMessage: func(context.Context, Message) error { <-goOn; return nil }})
	codes := map[int]int{}
	for i := range 2 * maxWaitingEach {
		codes[p.post(event("oAlice_1", "CLICK", strconv.Itoa(i), r.now())).Code]++
	}
	if w := p.post(event("oBob_123", "unsubscribe", "", r.now())); w.Code != 200 || codes[503] == 0 || codes[200] < maxWaitingEach {
		t.Errorf("rule: one person's messages do not shut out another's: %v, %d", codes, w.Code)
	}
	close(goOn)
	r.receiver.waiting.running.Wait()
}

func TestHooksHaveTheirTime(t *testing.T) {
	for want, c := range map[time.Duration]Config{defaultHookTimeout: {}, time.Minute: {HookTimeout: time.Minute}} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			took := time.Duration(0)
			c.OnFollow = func(ctx context.Context, _ FollowEvent) error {
				began := time.Now()
				<-ctx.Done()
				took = time.Since(began)
				return ctx.Err()
			}
			r.poster(c).post(event("oAlice_1", "subscribe", "", r.now()))
			r.receiver.Close(time.Hour)
			if took != want {
				t.Errorf("rule: the context of a hook lives as long as HookTimeout says: %v, want %v", took, want)
			}
		})
	}
}

func TestCloseEndsTheContextOfHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		took := time.Duration(0)
		p := r.poster(Config{HookTimeout: time.Hour, OnFollow: func(ctx context.Context, _ FollowEvent) error {
			began := time.Now()
			<-ctx.Done()
			took = time.Since(began)
			return nil
		}})
		p.post(event("oAlice_1", "subscribe", "", r.now()))
		r.receiver.Close(time.Minute)
		synctest.Wait()
		if took != time.Minute {
			t.Errorf("rule: Close ends the context of hooks that take longer: %v", took)
		}
	})
}

func TestTheLimitIsTheSites(t *testing.T) {
	r := newRig(t)
	goOn := make(chan struct{})
	p := r.poster(Config{MaxWaiting: 3, OnFollow: wait(goOn)})
	codes := map[int]int{}
	for i := range 5 {
		codes[p.post(event("oPerson_"+strconv.Itoa(i), "subscribe", "", r.now())).Code]++
	}
	close(goOn)
	if codes[200] != 3 || codes[503] != 2 {
		t.Errorf("rule: MaxWaiting messages wait, and no more: %v", codes)
	}
}
