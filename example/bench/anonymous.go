package main

import (
	"maps"
	"net/http"
	"slices"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

// anonymous are the requests of nobody, and the way back from WeChat.
func anonymous() []contestant {
	return []contestant{
		{"nobody/redirect", func(w *world, _ int) (*entrant, error) { return w.nobody(nethttp.Require, nil, http.StatusFound) }},
		{"nobody/script", func(w *world, _ int) (*entrant, error) {
			return w.nobody(nethttp.Require, scriptHeaders(), http.StatusUnauthorized)
		}},
		{"nobody/bare-script", bareScript},
		{"nobody/optional", func(w *world, _ int) (*entrant, error) { return w.nobody(nethttp.Optional, nil, http.StatusNoContent) }},
		{"nobody/callback", callback},
	}
}

type mount func(...core.Option) func(http.Handler) http.Handler

// nobody asks as a visitor without a session. Behind the gate is a handler that
// answers 204, which nobody but an Optional route gets to.
func (w *world) nobody(m mount, headers [][2]string, want int) (*entrant, error) {
	auth, err := w.auth(nil)
	if err != nil {
		return nil, err
	}
	e := &entrant{cookies: []string{cookieLine("")}, headers: headers, want: want, handler: m(auth)(noContent())}
	e.onClose(func() { auth.Close() })
	return e, nil
}

func noContent() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
}

// bareScript answers what our gate answers a script, without thinking.
func bareScript(w *world, _ int) (*entrant, error) {
	e, err := w.nobody(nethttp.Require, scriptHeaders(), http.StatusUnauthorized)
	if err != nil {
		return nil, err
	}
	s := e.newSeat(e.cookies[0]).(*httpSeat)
	s.again()
	body := s.body()
	names := slices.Sorted(maps.Keys(s.writer.header))
	values := maps.Clone(s.writer.header)
	e.handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		for _, name := range names {
			for _, value := range values[name] {
				h.Add(name, value)
			}
		}
		w.WriteHeader(http.StatusUnauthorized)
		w.Write([]byte(body))
	})
	return e, nil
}

// callback is the way back with a new code each time, and now and then in a new
// browser. The simulator's work, in this process, is part of it.
func callback(w *world, _ int) (*entrant, error) {
	auth, err := w.auth(nil)
	if err != nil {
		return nil, err
	}
	e := &entrant{step: func() func() bool {
		var l *login
		i := 0
		return func() bool {
			var err error
			if i%deliveries == 0 {
				l, err = w.begin(auth)
			} else {
				err = w.consent(l)
			}
			i++
			if err == nil {
				_, err = l.finish()
			}
			return err == nil
		}
	}}
	e.onClose(func() { auth.Close() })
	return e, nil
}
