package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// ownPage is a visitor's own address. A third of the visitors is asked for consent, a
// third must follow the account.
func ownPage(i int) string {
	path := []string{"/me", "/profile", "/members"}[i%3]
	if path == "/members" && i%2 != 0 {
		path = "/me" // does not follow
	}
	return fmt.Sprintf("%s?own=%d&city=%%E6%%B7%%B1", path, i)
}

func TestLoginsOverRandomNodes(t *testing.T) {
	n := many(1000, 150)
	w := newWorld(t, options{people: n, balance: "random;"})
	began := time.Now()
	// Few at once in the short run, which shares its machine with other tests: a node that
	// gets no CPU for 500 ms says 503, as it would if Redis were away.
	each(t, "each visitor ends logged in, as the right person, at the address asked for", w.visitors(t, n), many(12, 4),
		func(i int, v *visitor) error { return v.arrives(ownPage(i)) })
	t.Logf("%d logins in %v", n, time.Since(began).Round(time.Millisecond))
	asked := 0 // for consent: the site looks first whether it knows them, and they are two logins
	for i := range n {
		if strings.HasPrefix(ownPage(i), "/profile") {
			asked++
		}
	}
	if got := w.Calls(wxsim.PathAuthorize); got != n+asked {
		t.Errorf("rule: no login starts anew because another node answers; %d visits to WeChat, want %d", got, n+asked)
	}
	if got := w.Calls(wxsim.PathAccessToken); got != n+asked {
		t.Errorf("rule: each code is exchanged once; %d exchanges, want %d", got, n+asked)
	}
	if got := w.Calls(wxsim.PathStableToken); got < 1 || got > len(w.nodes) {
		t.Errorf("rule: each node fetches the account's token at most once; %d fetches by %d nodes", got, len(w.nodes))
	}
	if rows, logins := w.query(t, "SELECT count(*) FROM members"), w.query(t, "SELECT sum(logins) FROM members"); rows != n || logins != n+asked {
		t.Errorf("rule: each person has one row, and OnLogin ran once per login; %d rows and %d logins, want %d and %d", rows, logins, n, n+asked)
	}
	for _, node := range w.nodes {
		if served := strings.Count(w.proxy.log(t), " "+node.address+" "); served == 0 {
			t.Errorf("rule: every node takes part; %s served nothing", node.framework)
		}
	}
	if strings.Contains(w.proxy.log(t), "code=") || strings.Contains(w.proxy.log(t), "state=") {
		t.Error("rule: the access log holds no queries")
	}
}
