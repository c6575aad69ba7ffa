package wxsim

import (
	"net/http"
	"strconv"
)

// reply is an answer before it is sent. Handlers return one instead of
// writing, so that a fault can run the handler and send something else.
type reply struct {
	status      int
	contentType string
	body        []byte
	location    string       // of a redirect, sent as it is
	cookie      *http.Cookie // nil: none is set
	csp         string       // Content-Security-Policy of a page
	pageError   string       // X-Wxsim-Error of an error page
	allow       string       // Allow of a 405
	outcome     string       // one word for the journal and the log
	dropped     bool         // close the connection instead
}

// outcomeOf is the outcome of an API call: its error code.
func outcomeOf(code int) string {
	if code == 0 {
		return "ok"
	}
	return strconv.Itoa(code)
}

func (a reply) write(w http.ResponseWriter) {
	if a.dropped {
		panic(http.ErrAbortHandler) // net/http's way to cut the connection
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // a code in the address must not travel
	h.Set("X-Content-Type-Options", "nosniff")
	if a.cookie != nil {
		http.SetCookie(w, a.cookie)
	}
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	}
	if a.location != "" {
		// Not http.Redirect: it would rewrite bytes beyond ASCII.
		h.Set("Location", a.location)
	}
	if a.csp != "" {
		h.Set("Content-Security-Policy", a.csp)
	}
	if a.pageError != "" {
		h.Set("X-Wxsim-Error", a.pageError)
	}
	if a.allow != "" {
		h.Set("Allow", a.allow)
	}
	w.WriteHeader(a.status)
	w.Write(a.body) // an error means the caller has gone
}

func redirect(to string) reply {
	return reply{status: http.StatusFound, location: to, outcome: "302"}
}
