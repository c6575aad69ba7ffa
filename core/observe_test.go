package core

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/alexedwards/scs/v2/memstore"
)

// recorder keeps events.
type recorder struct {
	mu     sync.Mutex
	events []Event
}

func (r *recorder) Observe(_ context.Context, e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// all returns the events so far, those of some names only where names are given.
func (r *recorder) all(names ...string) (events []Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if len(names) == 0 || contains(names, e.Name) {
			events = append(events, e)
		}
	}
	return events
}

// names are the names of the events so far, in order, without calls to WeChat and set-up.
func (r *recorder) names() (names []string) {
	for _, e := range r.all() {
		if e.Name != APICall && e.Name != ConfigWarning {
			names = append(names, e.Name)
		}
	}
	return names
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

func observed(o Observer) func(*Config) { return func(c *Config) { c.Observer = o } }

func TestALoginHasOneStartAndOneEnd(t *testing.T) {
	seen := &recorder{}
	r := newRig(t, observed(seen))
	g := r.gate(ModeRequire)
	b := r.browser()
	back := b.consent(b.get(g, "/me"))
	b.get(g, back)
	b.get(g, back) // a second delivery
	if got, want := strings.Join(seen.names(), " "), "login.start login.callback login.done login.callback login.repeat"; got != want {
		t.Fatalf("rule: one start and one end, whatever is delivered again:\n got %s\nwant %s", got, want)
	}
	events := seen.all(LoginStart, LoginDone, LoginRepeat, APICall)
	for _, e := range events {
		if e.Flow == "" || e.Flow != events[0].Flow || e.Account != testAppID || e.Time.IsZero() {
			t.Errorf("rule: all events of a login have its flow: %v", e)
		}
	}
	done := seen.all(LoginDone)[0]
	if !done.NewSession || done.OpenID == "" || done.UserHash == "" || done.Scope != "base" || done.Attempt != 1 {
		t.Errorf("rule: login.done says who and how: %+v", done)
	}
	if !strings.Contains(r.log.String(), `msg="wechat: login done" event=login.done`) {
		t.Errorf("rule: a login that succeeded leaves a debug line:\n%s", r.log)
	}
}

func TestAUserHashTellsPeopleApartAndNeedsTheSecret(t *testing.T) {
	hash := func(person, secret string) string {
		seen := &recorder{}
		r := newRig(t)
		node := r.instance(observed(seen), func(c *Config) { c.AppSecret = secret })
		node.watch.tell(t.Context(), Event{Name: LoginDone, OpenID: person}, line{text: "x"})
		return seen.all(LoginDone)[0].UserHash
	}
	one := hash("o-one", "one-secret")
	if len(one) != 32 || hash("o-one", "one-secret") != one || hash("o-two", "one-secret") == one || hash("o-one", "another-secret") == one {
		t.Errorf("rule: a hash is the person's, of 32 digits, and of this secret: %q", one)
	}
}

func TestTheEndOnAnotherNodeHasTheSameFlow(t *testing.T) {
	cache, one, two := memstore.New(), &recorder{}, &recorder{}
	r := newRig(t, observed(one), func(c *Config) { c.Cache = cache })
	other := r.instance(observed(two), func(c *Config) { c.Cache = cache })
	first, second := r.gate(ModeRequire), NewGate(ModeRequire, other)
	b := r.browser()
	back := b.consent(b.get(first, "/me"))
	b.get(second, back)
	delete(b.cookies, "__Host-wechat_session") // sessions are per process here
	b.get(first, back)
	start, done, repeat := one.all(LoginStart), two.all(LoginDone), one.all(LoginRepeat)
	if len(start) != 1 || len(done) != 1 || len(repeat) != 1 || len(one.all(LoginDone)) != 0 {
		t.Fatalf("rule: a login that ended on one node does not end on another:\n%v\n%v", one.all(), two.all())
	}
	if start[0].Flow != done[0].Flow || start[0].Flow != repeat[0].Flow {
		t.Errorf("rule: start and end have one flow: %v %v %v", start, done, repeat)
	}
}

type panickingObserver struct{}

func (panickingObserver) Observe(context.Context, Event) { panic("a secret") }

func TestAPanicInAnObserverHarmsNothing(t *testing.T) {
	before, after := &recorder{}, &recorder{}
	r := newRig(t, observed(Observers(before, panickingObserver{}, nil, after)))
	b := r.browser()
	if to := b.login(r.gate(ModeRequire), "/me"); to != "/me" {
		t.Fatalf("rule: a panic in an observer stops no login: %s", to)
	}
	if len(before.all()) == 0 || len(before.all()) != len(after.all()) {
		t.Errorf("rule: a panic keeps no event from the next observer: %d before, %d after", len(before.all()), len(after.all()))
	}
	log := r.log.String()
	if n := strings.Count(log, "the observer panicked"); n != 1 || strings.Contains(log, "a secret") {
		t.Errorf("rule: a panic is logged once a minute, without its value: %d\n%s", n, log)
	}
}

func TestObserversOfNoneIsNil(t *testing.T) {
	one := &recorder{}
	if Observers() != nil || Observers(nil, nil) != nil || Observers(nil, one) != Observer(one) {
		t.Error("rule: Observers leaves out nil, and is nil for none")
	}
}

func TestAnEventPrintsWithoutTheOpenID(t *testing.T) {
	e := Event{Name: LoginDone, Flow: "f10f10", OpenID: "o-canary-0123", UserHash: "4a54"}
	marshalled, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "e", e)
	for what, text := range map[string]string{
		"%v": fmt.Sprintf("%v", e), "%+v": fmt.Sprintf("%+v", e), "%#v": fmt.Sprintf("%#v", e), "pointer": fmt.Sprint(&e),
		"json": string(marshalled), "slog": logged.String(),
	} {
		if strings.Contains(text, "canary") || !strings.Contains(text, "f10f10") || !strings.Contains(text, "4a54") {
			t.Errorf("rule: %s shows an event without the open id: %s", what, text)
		}
	}
}

// eventFields are the names of the fields that are set.
func eventFields(e Event) (names []string) {
	v := reflect.ValueOf(e)
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			names = append(names, v.Type().Field(i).Name)
		}
	}
	return names
}
