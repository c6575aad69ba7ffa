package push

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/seed467724c4/wechat/core/wxapi"
)

// observed notes what the observer of an account is told.
type observed struct {
	mu      sync.Mutex
	notices []Notice
}

func (o *observed) take(_ context.Context, n Notice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.notices = append(o.notices, n)
}

// only is the one notice since the last call.
func (o *observed) only(t *testing.T, rule string) Notice {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	notices := o.notices
	o.notices = nil
	if len(notices) != 1 {
		t.Errorf("rule: the observer is told once: %s: %+v", rule, notices)
		return Notice{}
	}
	return notices[0]
}

func newObservedRig(t *testing.T) (*rig, *observed) {
	r, o := newRig(t), &observed{}
	r.receiver.account.Observe = o.take
	return r, o
}

func TestTheObserverIsToldOfEveryKindOfMessage(t *testing.T) {
	for name, kind := range map[string]string{
		"subscribe": "subscribe", "unsubscribe": "unsubscribe", "SCAN": "scan", "CLICK": "click", "VIEW": "view", "LOCATION": "location",
		"TEMPLATESENDJOBFINISH": "other", "subscribe2": "other",
	} {
		r, o := newObservedRig(t)
		p := r.poster(Config{})
		message := event("oAlice_1", name, "", r.now())
		for _, result := range []string{"ok", "duplicate"} {
			p.post(message)
			want := Notice{Name: "push.received", Kind: kind, Result: result, OpenID: "oAlice_1"}
			if got := o.only(t, name); got != want {
				t.Errorf("rule: the observer learns kind, result and person of a message: %+v, want %+v", got, want)
			}
		}
	}
	r, o := newObservedRig(t)
	p := r.poster(Config{})
	p.post(textMessage("subscribe"))
	if got := o.only(t, "a text"); got.Kind != "message" {
		t.Errorf("rule: what is no event is a message: %+v", got)
	}
}

func TestTheObserverIsToldOfAMessageThatAnotherNodeHas(t *testing.T) {
	store := &claiming{MemStore: memstore.NewWithCleanupInterval(0)}
	r := newRig(t)
	message := event("oAlice_1", "CLICK", "", r.now())
	for _, result := range []string{"ok", "duplicate"} {
		o := &observed{}
		r.receiver = r.node(store)
		r.receiver.account.Observe = o.take
		r.poster(Config{}).post(message)
		if got := o.only(t, result); got.Result != result {
			t.Errorf("rule: a message that another node handles is a duplicate: %+v, want %s", got, result)
		}
	}
}

func TestTheObserverIsToldWhyARequestWasRefused(t *testing.T) {
	hello := func(p *poster) { p.post("hello") }
	for _, tt := range []struct {
		reason, key string
		post        func(*rig, *poster)
	}{
		{"bad_signature", "", func(_ *rig, p *poster) { p.send("POST", p.resigned("1", "7", ""), "") }},
		{"bad_signature", pushAESKey, func(_ *rig, p *poster) { p.send("POST", p.query("x"), envelope("x")) }},
		{"wrong_mode", "", func(_ *rig, p *poster) { p.send("POST", p.query("x"), envelope("x")) }},
		{"stale", "", func(r *rig, p *poster) { p.post(event("oAlice_1", "CLICK", "", r.now().Add(-time.Hour))) }},
		{"reused", "", func(r *rig, p *poster) {
			q, observe := p.query(""), r.receiver.account.Observe
			r.receiver.account.Observe = nil // the first one of the two is not what this is about
			p.send("POST", q, "hello")
			r.receiver.account.Observe = observe
			p.send("POST", q, "good bye")
		}},
		{"not_a_message", "", func(_ *rig, p *poster) { hello(p) }},
		{"not_a_message", pushAESKey, func(_ *rig, p *poster) { hello(p) }},
		{"cut_off", "", func(_ *rig, p *poster) {
			p.handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/push?"+p.query("").Encode(), iotest.ErrReader(errors.New("gone"))))
		}},
		{"too_big", "", func(_ *rig, p *poster) { p.post(strings.Repeat(" ", maxBody+1)) }},
		{"busy", "", func(r *rig, p *poster) {
			r.receiver.Close(0)
			p.post(event("oAlice_1", "CLICK", "", r.now()))
		}},
	} {
		r, o := newObservedRig(t)
		tt.post(r, r.poster(Config{EncodingAESKey: tt.key}))
		if got, want := o.only(t, tt.reason), (Notice{Name: "push.rejected", Reason: tt.reason}); got != want {
			t.Errorf("rule: the observer learns why a request was refused, and of no person: %+v, want %+v", got, want)
		}
	}
}

func TestTheObserverIsToldOfAHookThatFailed(t *testing.T) {
	r, o := newObservedRig(t)
	p := r.poster(Config{OnFollow: func(context.Context, FollowEvent) error { return errors.New("table is locked") }})
	p.post(event("oAlice_1", "subscribe", "", r.now()))
	r.receiver.waiting.running.Wait()
	want := Notice{Name: "push.failed", Kind: "subscribe", OpenID: "oAlice_1"}
	if !slices.Contains(o.notices, want) || len(o.notices) != 2 {
		t.Errorf("rule: the observer learns whose hook failed and for what: %+v, want %+v", o.notices, want)
	}
}

func TestAReceivedMessageIsALineForWhoLooksForIt(t *testing.T) {
	r := newRig(t)
	r.receiver.account.Logger = slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p := r.poster(Config{})
	message := event("oAlice_1", "subscribe", "", r.now())
	p.post(message)
	p.post(message)
	r.receiver.waiting.running.Wait()
	for _, result := range []string{"ok", "duplicate"} {
		if want := "event=push.received kind=subscribe result=" + result; strings.Count(r.log.String(), want) != 1 || !strings.Contains(r.log.String(), "level=DEBUG") {
			t.Errorf("rule: a message is one line at the level Debug: %s, want %q", r.log, want)
		}
	}
	if strings.Contains(r.log.String(), "oAlice_1") {
		t.Errorf("rule: the line does not say whose message it was: %s", r.log)
	}
}

func TestAPlatformsMessagesAreSealedForThePlatform(t *testing.T) {
	const platform = "wxfedcba9876543210"
	for sealedFor, want := range map[string]int{"": 200, testAppID: 200, platform: 403} {
		r := newRig(t)
		r.receiver.account.SealedFor = sealedFor
		p := r.poster(Config{EncodingAESKey: pushAESKey})
		if w := p.post(event("oAlice_1", "CLICK", "", r.now())); w.Code != want {
			t.Errorf("rule: a message is sealed for the app id that receives: receiver %q: %d, want %d", sealedFor, w.Code, want)
		}
		if sealedFor == "" {
			sealedFor = testAppID
		}
		key, err := wxapi.NewPushKey(sealedFor, pushAESKey)
		if err != nil {
			t.Fatal(err)
		}
		p.key = key
		if w := p.post(event("oAlice_1", "CLICK", "other", r.now())); w.Code != 200 {
			t.Errorf("rule: what is sealed for the receiver is taken: %q: %d", sealedFor, w.Code)
		}
	}
}

func TestHeldCountsWhatIsRemembered(t *testing.T) {
	r := newRig(t)
	p := r.poster(Config{})
	for i := range 3 {
		if n := r.receiver.Held(); n != 2*i {
			t.Errorf("rule: of each message the message and its signature are remembered: %d messages, %d", i, n)
		}
		p.post(event("oAlice_1", "CLICK", "", r.now().Add(-time.Duration(i)*time.Second)))
	}
}
