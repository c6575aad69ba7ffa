package main

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

func testWorld(t *testing.T) *world {
	t.Helper()
	w, err := newWorld()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	return w
}

// What is measured is what it says: the right visitor gets the page, a forged
// session and none at all do not.
func TestEveryContestantAuthenticates(t *testing.T) {
	w := testWorld(t)
	for _, c := range contestants() {
		t.Run(c.name, func(t *testing.T) {
			e, err := measure{name: c.name, open: func(w *world) (*entrant, error) { return c.open(w, 4) }}.ready(w)
			if err != nil {
				t.Fatal(err)
			}
			defer e.close()
			once := e.sit(1)
			for range 10 {
				if !once() {
					t.Fatal(wrongAnswer)
				}
			}
		})
	}
}

func TestAContestantThatAnswersAnybodyIsFound(t *testing.T) {
	w := testWorld(t)
	for _, name := range []string{"nethttp/bare", "gin/bare", "fiber/bare"} {
		c, err := contestantNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		e, err := c.open(w, 1)
		if err != nil {
			t.Fatal(err)
		}
		e.yard = false
		if e.check() == nil {
			t.Errorf("%s passes for one that authenticates", name)
		}
	}
}

func TestTheVisitorIsWhole(t *testing.T) {
	w := testWorld(t)
	u := reflect.ValueOf(visitor(w.openID()))
	if u.NumField() < 13 {
		t.Errorf("a user has %d fields, want 13", u.NumField())
	}
	for i := range u.NumField() {
		if u.Type().Field(i).Name == "Screen" {
			continue // this visitor logs in on the device in hand
		}
		if u.Field(i).IsZero() {
			t.Errorf("%s is empty", u.Type().Field(i).Name)
		}
	}
	text, err := json.Marshal(visitor(w.openID()))
	if err != nil || len(text) < 400 || len(text) > 520 {
		t.Errorf("as JSON it has %d bytes, want some 458 (%v)", len(text), err)
	}
}

// Our sessions hold what the peers' do.
func TestALoginBringsTheWholeVisitor(t *testing.T) {
	w := testWorld(t)
	auth, err := w.auth(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer auth.Close()
	cookies, err := w.settle(auth, nil, 2)
	if err != nil {
		t.Fatal(err)
	}
	if cookies[0] == cookies[1] {
		t.Error("two logins share a session")
	}
	for _, line := range cookies {
		r := httpRequest(page, browserHeaders(), line)
		var got *core.User
		h := nethttp.Optional(auth)(handlerFunc(func(u *core.User) { got = u }))
		h.ServeHTTP(&recorder{header: map[string][]string{}}, r)
		if got == nil {
			t.Fatal("nobody is logged in")
		}
		want := visitor(w.openID())
		want.LoggedInAt = got.LoggedInAt
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("logged in is %+v, want %+v", *got, want)
		}
	}
}
