package wxsim

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

// reply is an answer before it is sent. Handlers return one instead of writing,
// so that a fault can run the handler and send something else.
type reply struct {
	status      int
	contentType string
	body        []byte
	location    string         // of a redirect, sent as it is
	cookie      *http.Cookie   // nil: none is set
	csp         string         // Content-Security-Policy of a page
	pageError   string         // X-Wxsim-Error of an error page
	warning     string         // X-Wxsim-Warning of a link that only phones accept
	allow       string         // Allow of a 405
	outcome     string         // one word for the timeline and the log
	why         timeline.Words // the timeline's sentence, where the outcome does not tell it
	faulty      bool           // a fault made or changed it
	end         ending         // how the connection ends
	ahead       time.Duration  // of the Date header
}

// ending says how a connection ends.
type ending int

const (
	endWhole ending = iota // the answer is sent whole
	endDrop                // the connection is closed without an answer
	endReset               // the connection is reset (RST) without an answer
	endCut                 // the connection is closed after half the body
)

func (a reply) write(w http.ResponseWriter) {
	switch a.end {
	case endReset:
		reset(w)
		panic(http.ErrAbortHandler)
	case endDrop:
		panic(http.ErrAbortHandler) // net/http's way to close the connection
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	// A code in the address must not travel to other sites. no-referrer would take
	// the Origin off the pages' own forms as well, and crossSite needs it.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	if a.cookie != nil {
		http.SetCookie(w, a.cookie)
	}
	for name, value := range map[string]string{
		"Content-Type": a.contentType,
		// Not http.Redirect: it would rewrite bytes beyond ASCII.
		"Location":                a.location,
		"Content-Security-Policy": a.csp,
		"X-Wxsim-Error":           a.pageError,
		"X-Wxsim-Warning":         a.warning,
		"Allow":                   a.allow,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	if a.end == endCut {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
		w.WriteHeader(a.status)
		w.Write(a.body[:len(a.body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(a.status)
	w.Write(a.body) // an error means that the caller has gone
}

// reset closes the connection so that the other side reads "connection reset".
// Without a TCP connection below, nothing happens and the caller drops it.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

func redirect(to string) reply {
	return reply{status: http.StatusFound, location: to, outcome: "302"}
}

// textReply is an answer that WeChat has not: a sentence for the developer.
func textReply(status int, sentence string) reply {
	return reply{status: status, contentType: "text/plain; charset=utf-8", body: []byte(sentence + "\n"), outcome: strconv.Itoa(status)}
}

// apiJSON writes a body as WeChat does: status 200 whatever happened, a
// Content-Type of text/plain without charset, and "/" escaped. code is only for
// the timeline.
func apiJSON(code int, body any) reply {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return textReply(http.StatusInternalServerError, "wxsim: "+err.Error())
	}
	outcome := "ok"
	if code != 0 {
		outcome = strconv.Itoa(code)
	}
	// A slash can only stand inside a string, so this cannot break the JSON.
	out := bytes.ReplaceAll(bytes.TrimSpace(buf.Bytes()), []byte("/"), []byte(`\/`))
	return reply{status: http.StatusOK, contentType: "text/plain", body: out, outcome: outcome}
}
