package wxsim

import (
	"net/http"
	"strings"
)

// Fault is what a failing call answers. The zero Fault is an empty body with
// status 200.
type Fault struct {
	// Code is a WeChat error code. On the API it is answered as JSON, on the
	// authorisation link and the account's page as WeChat's error page. 0: Body is answered instead.
	Code int

	// Message is the errmsg sent with Code, as it is. "": the text WeChat
	// sends with that code, and a rid.
	Message string

	// Body is sent as it is and wins over Code: HTML, half a JSON, control
	// characters. Content-Type is text/html if it begins with "<", otherwise
	// text/plain.
	Body string

	// Status is the HTTP status. 0: 200, which WeChat uses for its own errors.
	Status int

	// Drop closes the connection without an answer, by panicking with
	// http.ErrAbortHandler as net/http wants it.
	Drop bool

	// Times is how many calls fail. 0 or less: all of them until Clear.
	Times int

	// Consume lets the call do its work first, so that a code is used up and
	// only the answer is lost. WeChat's "system error" is known to do that.
	Consume bool

	// Wait, if not nil, holds the answer back until it is closed or the caller
	// has gone. A Fault with nothing but Wait and Times answers normally, late.
	Wait <-chan struct{}
}

// Fail makes the next calls to endpoint, a path such as PathAccessToken, meet
// fault. Faults of one endpoint form a queue: the first one is used up before
// the next begins.
func (s *Sim) Fail(endpoint string, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[endpoint] = append(s.faults[endpoint], &fault)
}

// Clear takes back every fault of endpoint.
func (s *Sim) Clear(endpoint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.faults, endpoint)
}

// nextFault is called with mu held.
func (s *Sim) nextFault(path string) *Fault {
	queue := s.faults[path]
	if len(queue) == 0 {
		return nil
	}
	f := queue[0]
	if f.Times == 1 {
		s.faults[path] = queue[1:]
	} else if f.Times > 1 {
		f.Times--
	}
	copied := *f // Times goes on changing under mu
	return &copied
}

// fail answers a call that meets f.
func (s *Sim) fail(r *http.Request, f *Fault) reply {
	late := f.Wait != nil && f.Code == 0 && f.Message == "" && f.Body == "" && f.Status == 0 && !f.Drop && !f.Consume
	if f.Consume {
		s.route(r)
	}
	if f.Wait != nil {
		select {
		case <-f.Wait:
		case <-r.Context().Done():
			return reply{dropped: true, outcome: "gone"}
		}
	}
	if late {
		return s.route(r)
	}
	a := s.faultReply(r, f)
	if f.Status != 0 {
		a.status = f.Status
	}
	a.outcome = "fault " + a.outcome
	return a
}

func (s *Sim) faultReply(r *http.Request, f *Fault) reply {
	switch {
	case f.Drop:
		return reply{dropped: true, outcome: "dropped"}
	case f.Body == "" && f.Code != 0 && (r.URL.Path == PathAuthorize || r.URL.Path == PathProfile):
		return s.errorPage(r, pageFailure(f.Code, f.Message))
	case f.Body == "" && f.Code != 0 && f.Message != "":
		return apiJSON(f.Code, errorBody{f.Code, f.Message})
	case f.Body == "" && f.Code != 0 && strings.HasPrefix(r.URL.Path, "/cgi-bin/"):
		return s.coreError(f.Code)
	case f.Body == "" && f.Code != 0:
		return s.apiError(f.Code)
	}
	kind := "text/plain"
	if strings.HasPrefix(f.Body, "<") {
		kind = "text/html; charset=utf-8"
	}
	return reply{status: http.StatusOK, contentType: kind, body: []byte(f.Body), outcome: "body"}
}
