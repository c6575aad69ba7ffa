package adaptertest

import (
	"errors"
	"fmt"
)

var keptRules = []rule{
	{
		name: "kept strings",
		text: "no string of a request may change after it has ended: a framework that reuses its buffers copies them",
		try:  keptStrings,
	},
	{
		name:    "sessions stay apart",
		text:    "sessions that alternate over keep-alive connections are each answered as their own user, and no key in the store changes",
		touched: true,
		try:     sessionsStayApart,
	},
	{
		name:    "requests at once",
		text:    "requests at once, of several visitors over several connections, are each answered as their own user",
		touched: true,
		try:     requestsAtOnce,
	},
}

// keptStrings sends requests that differ in every string but in no length, on
// one connection: buffers that are reused are overwritten exactly.
func keptStrings(g *rig) error {
	w, err := dial(hostOf(g.appURL))
	if err != nil {
		return err
	}
	defer w.close()
	for i, method := range []string{"GET", "PUT", "GET", "PUT"} {
		raw := fmt.Sprintf("%s /engine/page%d?q=%d HTTP/1.1\r\nHost: host%d.example\r\nUser-Agent: agent %d\r\nAccept: text/h%d\r\nCookie: a=%d\r\nX-Kept: a%d\r\nX-Kept: b%d\r\nContent-Length: 0\r\n\r\n",
			method, i, i, i, i, i, i, i, i)
		if _, err := w.ask(raw); err != nil {
			return err
		}
	}
	g.kit.mu.Lock()
	defer g.kit.mu.Unlock()
	return changed(g.kit.strings)
}

// sessionsStayApart needs the two sessions to meet on each of two connections,
// and a write per request: on one connection, or with reads alone, a token that
// was not copied seems to work.
func sessionsStayApart(g *rig) error {
	people := []string{"mei", "jun"}
	browsers := make([]*browser, len(people))
	wires := make([]*wire, 2)
	var err error
	for i, person := range people {
		if browsers[i], err = g.login(person); err != nil {
			return err
		}
		if wires[i], err = dial(hostOf(g.appURL)); err != nil {
			return err
		}
		defer wires[i].close()
	}
	const rounds = 24
	for i := range rounds {
		who := i / 2 % 2
		a, err := wires[i%2].ask(browsers[who].raw(g.appURL, "GET", "/engine/me", ""))
		if err != nil {
			return err
		}
		r, err := reportOf(a)
		if err != nil {
			return fmt.Errorf("request %d, of %s: %w", i, people[who], err)
		}
		if r.Context.OpenID != g.openID(people[who]) {
			return fmt.Errorf("request %d, of %s, was answered as %v", i, people[who], r.Context)
		}
	}
	for _, v := range g.kit.kept() {
		if err := v.intact(); err != nil {
			return err
		}
	}
	return g.store.sound(len(people))
}

// requestsAtOnce has no order, so it may miss what sessionsStayApart finds; it is
// there for what an adapter shares between requests, and the race detector.
func requestsAtOnce(g *rig) error {
	people := []string{"mei", "jun", "lin", "ouyang"}
	requests := make([]string, len(people))
	for i, person := range people {
		b, err := g.login(person)
		if err != nil {
			return err
		}
		requests[i] = b.raw(g.appURL, "GET", "/engine/me", "")
	}
	const connections, each = 8, 20
	results := make(chan error, connections)
	for n := range connections {
		go func() {
			results <- func() error {
				w, err := dial(hostOf(g.appURL))
				if err != nil {
					return err
				}
				defer w.close()
				for i := range each {
					who := (n + i) % len(people)
					a, err := w.ask(requests[who])
					if err != nil {
						return err
					}
					r, err := reportOf(a)
					if err != nil {
						return err
					}
					if r.Context.OpenID != g.openID(people[who]) {
						return fmt.Errorf("a request of %s was answered as %v", people[who], r.Context)
					}
				}
				return nil
			}()
		}()
	}
	var all error
	for range connections {
		all = errors.Join(all, <-results)
	}
	return errors.Join(all, g.store.sound(len(people)))
}
