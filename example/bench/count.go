package main

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

// counts are the measures that come out the same on every machine.
func counts() []measure {
	all := []measure{{part: countPart, name: "garbage-cookie", run: countGarbage}}
	for _, name := range []string{"wechat-redis", "wechat-redis-idle"} {
		for _, framework := range frameworks() {
			all = append(all, measure{part: countPart, name: "redis/" + framework + "/" + name,
				run: func(w *world, _ options) (sample, error) { return countCommands(w, framework+"/"+name) }})
		}
	}
	for _, name := range []string{"redirect", "script", "optional"} {
		all = append(all, measure{part: countPart, name: "nobody/" + name,
			run: func(w *world, _ options) (sample, error) { return countNobody(w, name) }})
	}
	return all
}

// countCommands asks Redis how many commands a logged-in request made.
func countCommands(w *world, name string) (sample, error) {
	c, err := contestantNamed(name)
	if err != nil {
		return nil, err
	}
	e, err := measure{name: name, open: func(w *world) (*entrant, error) { return c.open(w, 1) }}.ready(w)
	if err != nil {
		return nil, err
	}
	defer e.close()
	const requests = 500
	once := e.sit(0)
	once() // the first one connects
	before, err := commands(w.redis.client)
	if err != nil {
		return nil, err
	}
	for range requests {
		if !once() {
			return nil, errors.New(wrongAnswer)
		}
	}
	after, err := commands(w.redis.client)
	return sample{commandsPerOp: float64(after-before) / requests}, err
}

// counting counts what reaches a store.
type counting struct {
	scs.Store
	calls atomic.Int64
}

func (c *counting) Find(token string) ([]byte, bool, error) {
	c.calls.Add(1)
	return c.Store.Find(token)
}

// nobodies are the three kinds of request without a session.
func nobodies() map[string]struct {
	mount   mount
	headers [][2]string
	want    int
} {
	type kind = struct {
		mount   mount
		headers [][2]string
		want    int
	}
	return map[string]kind{
		"redirect": {nethttp.Require, browserHeaders(), http.StatusFound},
		"script":   {nethttp.Require, scriptHeaders(), http.StatusUnauthorized},
		"optional": {nethttp.Optional, browserHeaders(), http.StatusNoContent},
	}
}

// countNobody counts what requests of nobody leave behind: calls of the app's own
// store, bytes in the process with the library's own one, cookies.
func countNobody(w *world, name string) (sample, error) {
	k := nobodies()[name]
	m := newManager(core.Codec{})
	store := &counting{Store: m.Store}
	m.Store = store
	auth, err := w.auth(m)
	if err != nil {
		return nil, err
	}
	defer auth.Close()
	e := &entrant{cookies: []string{cookieLine("")}, headers: k.headers, want: k.want, handler: k.mount(auth)(noContent())}
	s := e.newSeat(e.cookies[0]).(*httpSeat)
	const requests = 20000
	cookies := 0
	for range requests {
		if status, _ := s.again(); status != k.want {
			return nil, fmt.Errorf("answers %d, want %d", status, k.want)
		}
		cookies += len(s.writer.header["Set-Cookie"])
	}

	private, err := w.nobody(k.mount, k.headers, k.want)
	if err != nil {
		return nil, err
	}
	defer private.close()
	once := private.sit(0)
	once()
	before := heap()
	for range requests {
		once()
	}
	kept := max(0, int64(heap())-int64(before))
	return sample{
		storeCalls: float64(store.calls.Load()) / requests,
		setCookies: float64(cookies) / requests,
		keptBytes:  float64(kept / requests), // whole bytes: the runtime's own few kilobytes come and go
	}, nil
}

// heap is what is still in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // the first one may only have queued finalizers
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// countGarbage sends session cookies that cannot be tokens.
func countGarbage(w *world, _ options) (sample, error) {
	m := newManager(core.Codec{})
	store := &counting{Store: m.Store}
	m.Store = store
	auth, err := w.auth(m)
	if err != nil {
		return nil, err
	}
	defer auth.Close()
	e := &entrant{cookies: []string{cookieLine("")}, handler: nethttp.Require(auth)(noContent())}
	token := newToken()
	garbage := []string{"", "x", token[:42], token + "A", token[:42] + "=", token[:42] + "+", token[:42] + "%", token[:40] + "\x80ab", `"` + token[:41] + `"`}
	for _, value := range garbage {
		if status, _ := e.ask(cookieLine(m.Cookie.Name + "=" + value)); status != http.StatusFound {
			return nil, fmt.Errorf("answers the cookie %q with %d", value, status)
		}
	}
	calls := float64(store.calls.Load()) / float64(len(garbage))
	// The counter counts: a token of the right shape does reach the store.
	if e.ask(cookieLine(m.Cookie.Name + "=" + token)); store.calls.Load() == 0 {
		return nil, errors.New("a token does not reach the store")
	}
	return sample{storeCalls: calls}, nil
}
