package push

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
)

// The numbers that the documentation names.
func TestLimitsAreWhatTheyAreSaidToBe(t *testing.T) {
	for rule, c := range map[string]struct{ got, want any }{
		"a hook has 10 seconds":                               {defaultHookTimeout, 10 * time.Second},
		"1,024 messages may wait":                             {defaultMaxWaiting, 1024},
		"32 of one person":                                    {maxWaitingEach, 32},
		"a message has at most 64 KiB":                        {maxBody, 65_536},
		"an echo has at most 512 bytes":                       {maxEcho, 512},
		"WeChat's time may be 5 minutes off":                  {window, 5 * time.Minute},
		"a message is made a minute after it is sent at most": {maxAhead, time.Minute},
		"messages are remembered for 10 minutes":              {remembered, 10 * time.Minute},
		"a reason is logged once a minute":                    {logEvery, time.Minute},
		"elements are nested 8 deep at most":                  {maxDepth, 8},
		"a nonce has 32 characters at most":                   {maxNonce, 32},
		"an entity has 10 characters at most":                 {maxEntity, 10},
	} {
		if fmt.Sprint(c.got) != fmt.Sprint(c.want) {
			t.Errorf("rule: %s: %v", rule, c.got)
		}
	}
}

func TestSizesAtTheirLimits(t *testing.T) {
	r := newRig(t)
	p := r.poster(Config{})
	message := event("oAlice_1", "CLICK", "", r.now())
	for size, want := range map[int]int{65_535: 200, 65_536: 200, 65_537: 413} {
		if w := p.post(message + strings.Repeat("\n", size-len(message))); w.Code != want {
			t.Errorf("rule: a message has at most 65,536 bytes: %d bytes: %d", size, w.Code)
		}
	}
	for size, want := range map[int]int{1: 200, 511: 200, 512: 200, 513: 403} {
		q := p.query("")
		q.Set("echostr", strings.Repeat("1", size))
		if w := p.send("GET", q, ""); w.Code != want {
			t.Errorf("rule: an echo has 1 to 512 bytes: %d bytes: %d", size, w.Code)
		}
	}
	for away, want := range map[time.Duration]int{5 * time.Minute: 200, 5*time.Minute + time.Second: 403, -5 * time.Minute: 200, -5*time.Minute - time.Second: 403} {
		q := p.resigned(strconv.FormatInt(r.now().Add(away).Unix(), 10), "7", "")
		q.Set("echostr", "1")
		if w := p.send("GET", q, ""); w.Code != want {
			t.Errorf("rule: WeChat's time may be 5 minutes off: %v: %d", away, w.Code)
		}
	}
	for size, ok := range map[int]bool{5: false, 6: true, 64: true, 65: false} {
		if isOpenID(strings.Repeat("o", size)) != ok {
			t.Errorf("rule: an open id has 6 to 64 characters: %d", size)
		}
	}
	for _, c := range []byte("azAZ09_-") {
		if !isOpenID("oAlice" + string(c)) {
			t.Errorf("rule: an open id has letters, digits, _ and -: %q", c)
		}
	}
	for _, c := range []byte("/:@[`{. ") {
		if isOpenID("oAlice" + string(c)) {
			t.Errorf("rule: an open id has nothing else: %q", c)
		}
	}
	for token, ok := range map[string]bool{"!": true, "~": true, " ": false, "\x7f": false, "a\x80": false} {
		if _, err := r.receiver.Handler(Config{Token: token}); (err == nil) != ok {
			t.Errorf("rule: a token is of printable ASCII: %q: %v", token, err)
		}
	}
}

func TestHowManyMessagesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		goOn := make(chan struct{})
		hook := func(context.Context, Message) error { <-goOn; return nil }
		click := func(p *poster, person string, i int) int {
			code := p.post(event(person, "CLICK", strconv.Itoa(i), r.now())).Code
			synctest.Wait() // the first one runs
			return code
		}
		p := r.poster(Config{OnMessage: hook})
		for i := range 35 {
			if code := click(p, "oAlice_1", i); (code == 200) != (i < 33) {
				t.Errorf("rule: of one person's messages one runs and 32 wait: number %d: %d", i+1, code)
			}
		}
		for i := 33; i < 1026; i++ {
			if code := click(p, "oPerson_"+strconv.Itoa(i), i); (code == 200) != (i < 1024) {
				t.Errorf("rule: 1,024 messages are there at most, of all people: number %d: %d", i+1, code)
			}
		}
		close(goOn)
		r.receiver.waiting.running.Wait()
		if r.receiver.waiting.size != 0 || len(r.receiver.waiting.jobs) != 0 {
			t.Errorf("rule: nothing is kept about people without messages: %d, %d", r.receiver.waiting.size, len(r.receiver.waiting.jobs))
		}
		if code := click(p, "oAlice_1", 99); code != 200 {
			t.Errorf("rule: and then there is room again: %d", code)
		}
	})
}

func TestCloseCountsWhatItDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		goOn := make(chan struct{})
		p := r.poster(Config{OnMessage: func(context.Context, Message) error { <-goOn; return nil }})
		for i := range 12 {
			p.post(event("oPerson_"+strconv.Itoa(i%3), "CLICK", strconv.Itoa(i), r.now()))
			synctest.Wait()
		}
		if dropped := r.receiver.Close(time.Second); dropped != 9 || r.receiver.waiting.size != 3 {
			t.Errorf("rule: of three people's twelve messages three run and nine never will: %d, %d left", dropped, r.receiver.waiting.size)
		}
		close(goOn)
		synctest.Wait()
		if dropped := r.receiver.Close(time.Second); dropped != 0 || r.receiver.waiting.size != 0 {
			t.Errorf("rule: a second Close has nothing to drop: %d, %d left", dropped, r.receiver.waiting.size)
		}
		if w := p.post(event("oAlice_1", "CLICK", "", r.now())); w.Code != 503 {
			t.Errorf("rule: nothing is accepted behind Close: %d", w.Code)
		}
	})
}

// telling notes what followers are told, and how long they may take.
type telling struct {
	listener
	left  time.Duration
	ended error
}

func (l *telling) Heard(ctx context.Context, openID string, follows bool, made time.Time) {
	until, _ := ctx.Deadline()
	l.left, l.ended = time.Until(until), ctx.Err()
	l.listener.Heard(ctx, openID, follows, made)
}

func TestFollowersAreToldInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		l := &telling{listener: listener{r.told}}
		r.receiver.account.Followers = l
		p := r.poster(Config{})
		request := httptest.NewRequest("POST", "/push?"+p.query("").Encode(), strings.NewReader(event("oAlice_1", "subscribe", "", r.now())))
		ctx, hangUp := context.WithCancel(context.Background())
		hangUp()
		w := httptest.NewRecorder()
		p.handler.ServeHTTP(w, request.WithContext(ctx))
		if want := fmt.Sprintf("learn oAlice_1 true %d", r.now().Unix()); w.Code != 200 || r.told.String() != want || l.ended != nil || l.left != 500*time.Millisecond {
			t.Errorf("rule: followers hear of a message although WeChat hung up, and have 500 ms: %d %q %v %v", w.Code, r.told, l.ended, l.left)
		}
		r.receiver.Close(time.Hour)
	})
}

func TestAnotherNodesMessageIsAnswered(t *testing.T) {
	shared := memstore.NewWithCleanupInterval(0)
	r := newRig(t)
	r.receiver = r.node(shared)
	message := event("oAlice_1", "subscribe", "", r.now())
	for node := range 3 {
		if w := r.poster(Config{}).post(message); w.Code != 200 || w.Body.String() != "success" {
			t.Errorf("rule: WeChat hears success from every node, or it sends the message again: node %d: %d %s", node, w.Code, w.Body)
		}
		r.receiver.Close(time.Hour)
		r.receiver = r.node(shared)
	}
	if told := r.told.String(); strings.Count(told, "learn") != 1 {
		t.Errorf("rule: followers are told once: %q", told)
	}
}
