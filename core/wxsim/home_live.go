package wxsim

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// livePath is the stream of the timeline's rows, server-sent events of HTML.
const livePath = controlPrefix + "live"

const (
	maxStreams = 64               // open at once; a browser opens at most six
	streamLife = 60 * time.Second // then the browser asks again, so that the server's write timeout never cuts a row
)

// live streams the rows of the timeline that are newer than the browser's last one.
func (s *Sim) live(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet:
		a := controlError(http.StatusMethodNotAllowed, "wxsim: method not allowed, use GET")
		a.allow = http.MethodGet
		a.write(w)
		return
	case crossSite(r):
		controlError(http.StatusForbidden, "wxsim: another site must not read the timeline").write(w)
		return
	}
	if s.streams.Add(1) > maxStreams {
		s.streams.Add(-1)
		controlError(http.StatusServiceUnavailable, fmt.Sprintf("wxsim: %d pages are live already, close one", maxStreams)).write(w)
		return
	}
	defer s.streams.Add(-1)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	out := http.NewResponseController(w)
	if _, err := fmt.Fprint(w, "retry: 1000\n\n"); err != nil || out.Flush() != nil {
		return
	}
	last, err := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64)
	if err != nil {
		last, _ = strconv.ParseInt(r.URL.Query().Get("after"), 10, 64) // 0: from the oldest
	}
	lang := newFrame(r).Lang
	timer := time.NewTimer(streamLife)
	defer timer.Stop()
	for {
		news := s.timeline.News()
		for _, e := range s.timeline.Since(last) {
			last = e.ID
			if _, err := w.Write(s.event1(homeRow{e, lang})); err != nil {
				return
			}
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-news:
		case <-timer.C:
			return
		case <-s.closing:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// event1 is a row as one server-sent event.
func (s *Sim) event1(row homeRow) []byte {
	var html, out bytes.Buffer
	if err := s.pages.all.ExecuteTemplate(&html, "row", row); err != nil {
		return nil // a test shows every kind of row
	}
	fmt.Fprintf(&out, "id: %d\nevent: row\n", row.ID)
	for _, line := range strings.Split(html.String(), "\n") {
		fmt.Fprintf(&out, "data: %s\n", strings.TrimRight(line, "\r"))
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// Close ends what the simulator holds open: the streams of live pages and the polls
// of scan logins. It is for http.Server.RegisterOnShutdown, so that a server can
// shut down at once. The simulator goes on answering.
func (s *Sim) Close() { s.closed.Do(func() { close(s.closing) }) }
