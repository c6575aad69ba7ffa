package main

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

type commands = map[string]int

// Redis's own counters decide.
func TestWhatRequestsCostRedis(t *testing.T) {
	w := newWorld(t, options{people: 6})
	visitors := w.visitors(t, 6)
	for i, n := range w.nodes {
		// This page asks WeChat who follows, so the node has the account's token afterwards.
		first := visitors[2*i]
		first.at(t, n, http.MethodGet, first.begin(t, n, "/members")).Body.Close()
		if got := first.seenAt(t, n, "/members"); got == "" {
			t.Fatalf("%s does not show the page for followers", n.framework)
		}
	}
	for i, n := range w.nodes {
		v := visitors[2*i+1]
		w.settled(t)
		callback := v.begin(t, n, "/me")
		w.costs(t, n.framework+": a login that begins", commands{})
		v.at(t, n, http.MethodGet, "/").Body.Close()
		v.at(t, n, http.MethodGet, "/api/me").Body.Close()
		w.costs(t, n.framework+": a request of an anonymous visitor", commands{})
		v.at(t, n, http.MethodGet, callback).Body.Close()
		// The session is written once. The second set is the code's result, which a
		// second delivery of the callback at another node is answered from.
		w.costs(t, n.framework+": a login", commands{"get": 1, "set": 2})
		for range 10 {
			for _, path := range []string{"/me", "/", "/api/me"} {
				v.at(t, n, http.MethodGet, path).Body.Close()
			}
		}
		w.costs(t, n.framework+": 30 requests of a logged-in visitor", commands{"get": 30})
		for _, cookie := range []string{"", "__Host-session=short", "__Host-session=" + strings.Repeat("ä", 43), "other=1"} {
			answer, err := v.tryAt(n, http.MethodGet, "/", cookie)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
		}
		w.costs(t, n.framework+": requests with cookies that are no session's", commands{})
	}
	keys, err := w.redis.client.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) == 0 {
		t.Fatal(len(keys), err)
	}
	for _, key := range keys {
		value, err := w.redis.client.Get(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(key+value, secret) {
			t.Errorf("rule: Redis never holds the app secret; %s does", key)
		}
		for _, v := range visitors {
			if strings.Contains(key, w.OpenID(appID, v.person)) {
				t.Errorf("rule: keys in Redis show no open ids; %s does", key)
			}
		}
	}
}

// settled resets the counters once the nodes are silent.
func (w *world) settled(t testing.TB) {
	t.Helper()
	before := commands{"?": 1}
	if !await(func() bool {
		now := w.redis.commands(t)
		same := maps.Equal(now, before)
		before = now
		return same
	}) {
		t.Fatal("nodes that have nothing to do ask Redis again and again")
	}
	w.redis.resetCounters(t)
}

// costs holds the commands since the last look against the rule.
func (w *world) costs(t testing.TB, what string, want commands) {
	t.Helper()
	got := w.redis.commands(t)
	w.redis.resetCounters(t)
	if !maps.Equal(got, want) {
		t.Errorf("rule: %s costs %v; got %v", what, want, got)
	}
}
