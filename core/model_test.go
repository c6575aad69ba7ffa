package core

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// modelDepth is how many events each conversation of the model has. The default keeps go
// test quick; WECHAT_MODEL_DEPTH=6 walks through every conversation of six events.
const modelDepth = 4

// sequencesPerProcess is how many conversations one instance serves before the next one
// takes its place. The people and browsers of each conversation are new.
const sequencesPerProcess = 300

// TestEveryConversationKeepsTheRules walks through every sequence of events between two
// browsers in WeChat, a screen and two people, against real gates, and checks every rule
// after every event. An event that cannot happen yet, such as a return from WeChat before
// anybody was sent there, changes nothing: sequences with it are shorter ones, and left
// out. Nothing else is: states are never merged, so no assumption about what two states
// have in common can hide anything. Time is that of a bubble of testing/synctest, so
// everything that expires does.
func TestEveryConversationKeepsTheRules(t *testing.T) {
	depth := modelDepth
	if asked := os.Getenv("WECHAT_MODEL_DEPTH"); asked != "" {
		if _, err := fmt.Sscan(asked, &depth); err != nil || depth < 1 {
			t.Fatalf("WECHAT_MODEL_DEPTH is a number of events: %q", asked)
		}
	}
	if rounds(10) < 10 {
		depth = min(depth, modelDepth-1) // the race detector takes ten times as long
	}
	w := walkEvery(t, depth, false)
	for i, e := range conversationEvents {
		if w.happened[i] == 0 && depth > 2 {
			t.Errorf("rule: every event happens in some conversation: %s never does", e.name)
		}
	}
	for _, end := range []string{"A alone", "A and B", "the screen"} {
		if !w.reached[end] && depth > 3 {
			t.Errorf("rule: conversations end with everybody logged in who can be: never %s", end)
		}
	}
}

// A browser that keeps no cookies never becomes anybody and never goes round in circles,
// whatever the others do.
func TestEveryConversationWithABrowserWithoutCookiesKeepsTheRules(t *testing.T) {
	if w := walkEvery(t, modelDepth-1, true); w.reached["A alone"] || w.reached["A and B"] {
		t.Error("rule: a browser that keeps no cookies is nobody")
	}
}

func walkEvery(t *testing.T, depth int, forgetful bool) *modelWalk {
	began := time.Now()
	w := &modelWalk{depth: depth, forgetful: forgetful, states: map[string]struct{}{}, reached: map[string]bool{}}
	synctest.Test(t, w.every)
	t.Logf("%d sequences of %d events, %d events run, %d different states, %d exchanges, in %v",
		w.sequences, depth, w.events, len(w.states), w.exchanges, time.Since(began).Round(time.Millisecond))
	return w
}

// modelWalk visits the tree of all conversations from left to right. A conversation cannot be
// taken back by one event, so each leaf is reached from a fresh start.
type modelWalk struct {
	depth     int
	forgetful bool  // A keeps no cookies
	path      []int // which of the events that were possible comes next, by place
	possible  []int // how many were
	sequences int
	events    int
	exchanges int
	states    map[string]struct{}
	happened  [eventsOfAModel]int
	reached   map[string]bool
}

func (w *modelWalk) every(t *testing.T) {
	var site *modelSite
	for fresh := 0; ; {
		if w.sequences%sequencesPerProcess == 0 {
			w.exchanges += site.close()
			site = newModelSite(t)
		}
		w.once(t, site, fresh)
		w.sequences++
		last := len(w.path) - 1
		for ; last >= 0 && w.path[last]+1 == w.possible[last]; last-- {
		}
		if last < 0 {
			break
		}
		w.path, w.possible = w.path[:last+1], w.possible[:last+1]
		w.path[last]++
		fresh = last
	}
	w.exchanges += site.close()
}

// once runs one conversation. What comes before fresh has been seen in the one before.
func (w *modelWalk) once(t *testing.T, site *modelSite, fresh int) {
	c := site.conversation(w.sequences)
	c.a.forgetful = w.forgetful
	var names []string
	for at := range w.depth {
		events := c.possible()
		if at == len(w.path) {
			w.path, w.possible = append(w.path, 0), append(w.possible, len(events))
		}
		event := events[w.path[at]]
		names = append(names, conversationEvents[event].name)
		time.Sleep(pause)
		conversationEvents[event].happens(c)
		c.checkPeople()
		if c.broken != "" {
			t.Fatalf("rule: %s\n\tafter: %s", c.broken, strings.Join(names, "; "))
		}
		w.events++
		if at >= fresh {
			w.happened[event]++
			w.states[c.state()] = struct{}{}
		}
	}
	a, b, desk := c.a.user(), c.b.user(), c.desk.user()
	w.reached["A alone"] = w.reached["A alone"] || a != "" && b == ""
	w.reached["A and B"] = w.reached["A and B"] || a != "" && b != "" && a != b
	w.reached["the screen"] = w.reached["the screen"] || desk != ""
}
