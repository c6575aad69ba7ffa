package adaptertest

import (
	"errors"
	"fmt"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

var keptRules = []rule{
	{
		name: "copied strings",
		text: "no string of a request changes after the request has ended: an adapter copies strings out of buffers that the framework reuses",
		try:  keptStrings,
	},
	{
		name:    "sessions stay apart",
		text:    "requests of two sessions that alternate over keep-alive connections each get their own user, and no key in the session store changes",
		touched: true,
		try:     sessionsStayApart,
	},
	{
		name:    "concurrent requests",
		text:    "concurrent requests of several visitors over several connections each get their own user",
		touched: true,
		try:     requestsAtOnce,
	},
}

// keptStrings sends requests whose strings differ, but have the same lengths, on one
// connection. So a framework that reuses its buffers overwrites every string.
func keptStrings(f *fixture) error {
	w, err := rawhttp.Dial(rawhttp.Host(f.appURL))
	if err != nil {
		return err
	}
	defer w.Close()
	for i, method := range []string{"GET", "PUT", "GET", "PUT"} {
		raw := fmt.Sprintf("%s /engine/page%d?q=%d HTTP/1.1\r\nHost: host%d.example\r\nUser-Agent: agent %d\r\nAccept: text/h%d\r\nCookie: a=%d\r\nX-Kept: a%d\r\nX-Kept: b%d\r\nContent-Length: 0\r\n\r\n",
			method, i, i, i, i, i, i, i, i)
		if _, err := w.Ask(raw); err != nil {
			return err
		}
	}
	f.harness.mu.Lock()
	defer f.harness.mu.Unlock()
	return changed(f.harness.strings)
}

// sessionsStayApart uses both sessions on each of two connections and writes on every
// request. On one connection, or without writes, a token that was not copied seems to
// work.
func sessionsStayApart(f *fixture) error {
	people := []string{"mei", "jun"}
	browsers := make([]*browser, len(people))
	wires := make([]*rawhttp.Conn, 2)
	var err error
	for i, person := range people {
		if browsers[i], err = f.login(person); err != nil {
			return err
		}
		if wires[i], err = rawhttp.Dial(rawhttp.Host(f.appURL)); err != nil {
			return err
		}
		defer wires[i].Close()
	}
	const rounds = 24
	for i := range rounds {
		who := i / 2 % 2
		a, err := wires[i%2].Ask(browsers[who].raw(f.appURL, "GET", "/engine/me", ""))
		if err != nil {
			return err
		}
		r, err := report.Of(a)
		if err != nil {
			return fmt.Errorf("request %d, of %s: %w", i, people[who], err)
		}
		if r.Context.OpenID != f.openID(people[who]) {
			return fmt.Errorf("request %d, of %s, was answered as %v", i, people[who], r.Context)
		}
	}
	for _, v := range f.harness.kept() {
		if err := v.intact(); err != nil {
			return err
		}
	}
	return f.store.sound(len(people))
}

// requestsAtOnce has no fixed order, so it may miss what sessionsStayApart finds. It
// looks for values that an adapter shares between requests, with the race detector.
func requestsAtOnce(f *fixture) error {
	people := []string{"mei", "jun", "lin", "ouyang"}
	requests := make([]string, len(people))
	for i, person := range people {
		b, err := f.login(person)
		if err != nil {
			return err
		}
		requests[i] = b.raw(f.appURL, "GET", "/engine/me", "")
	}
	const connections, each = 8, 20
	results := make(chan error, connections)
	for n := range connections {
		go func() {
			results <- func() error {
				w, err := rawhttp.Dial(rawhttp.Host(f.appURL))
				if err != nil {
					return err
				}
				defer w.Close()
				for i := range each {
					who := (n + i) % len(people)
					a, err := w.Ask(requests[who])
					if err != nil {
						return err
					}
					r, err := report.Of(a)
					if err != nil {
						return err
					}
					if r.Context.OpenID != f.openID(people[who]) {
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
	return errors.Join(all, f.store.sound(len(people)))
}
