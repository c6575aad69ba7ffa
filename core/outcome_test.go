package core

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func TestAnAnswerOfOursReplacesWhatMayStandOnce(t *testing.T) {
	for rule, c := range map[string]struct{ had, adds, want http.Header }{
		"one policy":                     {with("Content-Security-Policy", "default-src 'self'"), with("Content-Security-Policy", "default-src 'none'"), with("Content-Security-Policy", "default-src 'none'")},
		"one type":                       {with("Content-Type", "application/json"), with("Content-Type", "text/html"), with("Content-Type", "text/html")},
		"one Cache-Control":              {with("Cache-Control", "public", "Cache-Control", "max-age=9"), with("Cache-Control", "no-store"), with("Cache-Control", "no-store")},
		"one challenge":                  {with("Www-Authenticate", "Basic"), with("Www-Authenticate", "WeChat"), with("Www-Authenticate", "WeChat")},
		"cookies are added":              {with("Set-Cookie", "a=1"), with("Set-Cookie", "b=2", "Set-Cookie", "c=3"), with("Set-Cookie", "a=1", "Set-Cookie", "b=2", "Set-Cookie", "c=3")},
		"Vary and Link are added":        {with("Vary", "Origin", "Link", "</a>"), with("Vary", "Cookie", "Link", "</b>"), with("Vary", "Origin", "Vary", "Cookie", "Link", "</a>", "Link", "</b>")},
		"another body's headers go":      {with("Content-Disposition", "attachment", "Content-Length", "7", "Etag", `"a"`, "X-Accel-Expires", "60"), with("X-A", "1"), with("X-A", "1")},
		"a compressing middleware stays": {with("Content-Encoding", "gzip", "Vary", "Accept-Encoding"), with("X-A", "1"), with("X-A", "1", "Content-Encoding", "gzip", "Vary", "Accept-Encoding")},
	} {
		for _, ownHeader := range []bool{false, true} {
			had := c.had.Clone()
			(&Outcome{Status: 403, Header: c.adds.Clone(), ownHeader: ownHeader}).AddTo(had)
			if !reflect.DeepEqual(had, c.want) {
				t.Errorf("rule: %s: %v, want %v", rule, had, c.want)
			}
		}
	}
}

func TestOnlyAnErrorOfTheAppsOwnIsReported(t *testing.T) {
	broken := errors.New("broken")
	if err := (&Outcome{Status: 503, Err: broken}).ErrToReport(); err != nil {
		t.Errorf("rule: an answer of the library's own is complete: %v", err)
	}
	if err := (&Outcome{Status: 503, Err: broken, own: true}).ErrToReport(); err != broken {
		t.Errorf("rule: what the app put into its answer is reported: %v", err)
	}
}

func TestSharedCacheOfTheInnermostGateCounts(t *testing.T) {
	r := newRig(t)
	b := r.browser()
	plain, shared := r.gate(ModeRequire), r.gate(ModeRequire, SharedCache())
	b.login(plain, "/")
	var cookies []string
	for name, value := range b.cookies {
		cookies = append(cookies, name+"="+value)
	}
	for rule, c := range map[string]struct {
		outer, inner *Gate
		want         string
	}{
		"the route opens what the app closes": {plain, shared, "public"},
		"the route closes what the app opens": {shared, plain, "private"},
		"both open":                           {shared, shared, "public"},
		"both closed":                         {plain, plain, "private"},
	} {
		outer := b.get(c.outer, "/")
		inner := c.inner.Handle(outer.Context, &Request{Method: "GET", Target: "/", Host: "app.example.com", TLS: true, Header: with("Cookie", strings.Join(cookies, "; "))})
		h := with("Cache-Control", "public")
		inner.Complete(h)
		outer.Complete(h)
		if got := h.Get("Cache-Control"); got != c.want || outer.Status != 0 || inner.Status != 0 {
			t.Errorf("rule: %s: %q", rule, got)
		}
	}
}

// capable has every interface; the types below hide some of them.
type capable struct{ *httptest.ResponseRecorder }

func (capable) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, nil }
func (capable) Push(string, *http.PushOptions) error         { return nil }

func TestTheWriterPromisesWhatTheInnerOneCan(t *testing.T) {
	w := capable{httptest.NewRecorder()}
	for name, inner := range map[string]http.ResponseWriter{
		"nothing": struct{ http.ResponseWriter }{w},
		"F": struct {
			http.ResponseWriter
			http.Flusher
		}{w, w},
		"H": struct {
			http.ResponseWriter
			http.Hijacker
		}{w, w},
		"P": struct {
			http.ResponseWriter
			http.Pusher
		}{w, w},
		"FH": struct {
			http.ResponseWriter
			http.Flusher
			http.Hijacker
		}{w, w, w},
		"FP": struct {
			http.ResponseWriter
			http.Flusher
			http.Pusher
		}{w, w, w},
		"HP": struct {
			http.ResponseWriter
			http.Hijacker
			http.Pusher
		}{w, w, w},
		"FHP": struct {
			http.ResponseWriter
			http.Flusher
			http.Hijacker
			http.Pusher
		}{w, w, w, w},
	} {
		out := &Outcome{Header: with("Vary", "Cookie"), private: true}
		outer := out.Writer(inner)
		f, flushes := outer.(http.Flusher)
		_, hijacks := outer.(http.Hijacker)
		_, pushes := outer.(http.Pusher)
		if flushes != strings.Contains(name, "F") || hijacks != strings.Contains(name, "H") || pushes != strings.Contains(name, "P") {
			t.Errorf("rule: a writer with %s keeps just that: flush %v, hijack %v, push %v", name, flushes, hijacks, pushes)
		}
		if flushes {
			clear(w.Header())
			if f.Flush(); w.Header().Get("Cache-Control") != privateByDefault {
				t.Errorf("rule: %s: headers are complete before a flush: %v", name, w.Header())
			}
		}
	}
}

// serve runs a handler behind a passing outcome on a real server.
func serve(t *testing.T, handler http.HandlerFunc) *http.Response {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &Outcome{Header: with("Vary", "Cookie", "Set-Cookie", "session=1"), private: true}
		out.AddTo(w.Header())
		handler(out.Writer(w), r)
		out.Complete(w.Header())
	}))
	t.Cleanup(s.Close)
	answer, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func TestHeadersAreCompleteHoweverAHandlerSendsThem(t *testing.T) {
	hints := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints) // ReverseProxy clears all headers behind it
		w.Header().Set("Cache-Control", "public")
	}))
	defer hints.Close()
	to, _ := url.Parse(hints.URL)
	spoil := func(w http.ResponseWriter) {
		clear(w.Header())
		w.Header().Set("Cache-Control", "public")
	}
	for how, handler := range map[string]http.HandlerFunc{
		"not at all":  func(w http.ResponseWriter, _ *http.Request) { spoil(w) },
		"WriteHeader": func(w http.ResponseWriter, _ *http.Request) { spoil(w); w.WriteHeader(404) },
		"Write":       func(w http.ResponseWriter, _ *http.Request) { spoil(w); _, _ = w.Write([]byte("a")) },
		"WriteString": func(w http.ResponseWriter, _ *http.Request) { spoil(w); _, _ = io.WriteString(w, "a") },
		"ReadFrom": func(w http.ResponseWriter, _ *http.Request) {
			spoil(w)
			_, _ = w.(io.ReaderFrom).ReadFrom(strings.NewReader("a"))
		},
		"Flush":      func(w http.ResponseWriter, _ *http.Request) { spoil(w); w.(http.Flusher).Flush() },
		"controller": func(w http.ResponseWriter, _ *http.Request) { spoil(w); _ = http.NewResponseController(w).Flush() },
		"early hints first": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			spoil(w)
			_, _ = w.Write([]byte("a"))
		},
		"a reverse proxy": httputil.NewSingleHostReverseProxy(to).ServeHTTP,
	} {
		h := serve(t, handler).Header
		if h.Get("Cache-Control") != "private" || h.Get("Vary") != "Cookie" || h.Get("Set-Cookie") != "session=1" {
			t.Errorf("rule: headers sent by %s are complete: %v", how, h)
		}
	}
}
