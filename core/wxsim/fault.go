package wxsim

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Fault is what a failing call answers. The zero Fault is an empty body with
// status 200.
type Fault struct {
	// Code is a WeChat error code. On the API it is answered as JSON, on pages
	// as WeChat's error page. 0: Body is answered instead.
	Code int

	// Message is the errmsg sent with Code, as it is. "": the text WeChat
	// sends with that code, and a rid.
	Message string

	// Body is sent as it is and wins over Code: HTML, half a JSON, control
	// characters.
	Body string

	// ContentType is sent with Body. "": text/html if Body begins with "<",
	// otherwise text/plain.
	ContentType string

	// Status is the HTTP status. 0: 200, which WeChat uses for its own errors.
	Status int

	// Drop closes the connection without an answer, by panicking with
	// http.ErrAbortHandler as net/http wants it.
	Drop bool

	// Reset resets the connection (RST) without an answer. Where the simulator
	// is called without a TCP connection, it is the same as Drop.
	Reset bool

	// Cut sends the answer's headers and half its body, then closes the
	// connection.
	Cut bool

	// Ahead is how far the Date header of the answer is ahead of the simulator's
	// time. A Fault with only Ahead and Times answers normally.
	Ahead time.Duration

	// Times is how many calls fail. 0 or less: all of them until Clear.
	Times int

	// Consume lets the call do its work first, so that a code is used up and
	// only the answer is lost. WeChat's "system error" is known to do that.
	Consume bool

	// Delay holds the answer back for a time, in real time, or until the caller
	// has gone. A Fault with only Delay and Times answers normally, late.
	Delay time.Duration

	// Wait, if not nil, holds the answer back until it is closed or the caller
	// has gone. A Fault with only Wait and Times answers normally, late.
	Wait <-chan struct{}

	name   FaultName           // of the list, "" for another
	before func(*Sim)          // runs before the call is answered
	alter  func([]byte) []byte // changes the body of the normal answer
	change func(*callbackTrip) // changes the way back to the application
}

// normal says whether the call is answered as ever, only late or damaged.
func (f *Fault) normal() bool {
	special := f.Code != 0 || f.Message != "" || f.Body != "" || f.Status != 0 || f.Drop || f.Reset || f.Consume
	return !special && (f.Wait != nil || f.Delay > 0 || f.Cut || f.Ahead != 0 || f.alter != nil || f.before != nil)
}

// Fail makes the next calls to endpoint, a path such as PathAccessToken, meet
// fault. Faults of one endpoint form a queue: the first one is used up before
// the next begins. [Sim.Next] takes faults by name. How many faults a test queues is
// its own matter; Next and the control API stop at 256.
func (s *Sim) Fail(endpoint string, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[endpoint] = append(s.faults[endpoint], &fault)
}

// maxFaults is how many faults can wait at once, so that a script in a loop does not
// fill the memory: each may hold a body of maxBody bytes.
const maxFaults = 256

// queue is Fail for callers that have no bound of their own.
func (s *Sim) queue(endpoint string, fault Fault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := 0
	for _, queue := range s.faults {
		waiting += len(queue)
	}
	if waiting >= maxFaults {
		return fmt.Errorf("wxsim: %d faults wait already, take some back (DELETE /_sim/faults) or say with times how often one happens", waiting)
	}
	s.faults[endpoint] = append(s.faults[endpoint], &fault)
	return nil
}

// Clear takes back every fault of endpoint.
func (s *Sim) Clear(endpoint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.faults, endpoint)
}

// ClearAll takes back every fault.
func (s *Sim) ClearAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
}

// faultOf takes the fault that the next call to endpoint meets, or nil.
func (s *Sim) faultOf(endpoint string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nextFault(endpoint)
}

// nextFault is called with mu held.
func (s *Sim) nextFault(endpoint string) *Fault {
	queue := s.faults[endpoint]
	if len(queue) == 0 {
		return nil
	}
	f := queue[0]
	switch {
	case f.Times == 1 && len(queue) == 1:
		delete(s.faults, endpoint)
	case f.Times == 1:
		s.faults[endpoint] = queue[1:]
	case f.Times > 1:
		f.Times--
	}
	copied := *f // Times goes on changing under mu
	return &copied
}

// perform answers a call that meets f.
func (s *Sim) perform(r *http.Request, f *Fault) reply {
	if f.Consume {
		s.answer(r)
	}
	if f.before != nil {
		f.before(s)
	}
	if !f.hold(r) {
		return reply{end: endDrop, outcome: "gone"}
	}
	var a reply
	if f.normal() {
		a = s.answer(r)
		if f.alter != nil {
			a.body = f.alter(a.body)
		}
	} else {
		a = s.faultReply(r, f)
		a.outcome = "fault " + a.outcome
	}
	if f.Status != 0 {
		a.status = f.Status
	}
	a.ahead = f.Ahead
	if f.Cut {
		a.end = endCut
	}
	return a
}

// hold waits as long as the fault says. It returns false when the caller has
// gone meanwhile.
func (f *Fault) hold(r *http.Request) bool {
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return false
		}
	}
	if f.Wait == nil {
		return true
	}
	select {
	case <-f.Wait:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (s *Sim) faultReply(r *http.Request, f *Fault) reply {
	found, known := s.routes[r.URL.Path]
	switch {
	case f.Drop:
		return reply{end: endDrop, outcome: "dropped"}
	case f.Reset:
		return reply{end: endReset, outcome: "reset"}
	case f.Body == "" && f.Code != 0 && known && found.kind == pageRoute:
		return s.errorPage(r, pageFailure(f.Code, f.Message))
	case f.Body == "" && f.Code != 0 && f.Message != "":
		return apiJSON(f.Code, errorBody{f.Code, f.Message})
	case f.Body == "" && f.Code != 0 && strings.HasPrefix(r.URL.Path, "/cgi-bin/"):
		return s.cgiError(f.Code)
	case f.Body == "" && f.Code != 0:
		return s.apiError(f.Code)
	}
	kind := f.ContentType
	switch {
	case kind != "":
	case strings.HasPrefix(f.Body, "<"):
		kind = "text/html; charset=utf-8"
	default:
		kind = "text/plain"
	}
	return reply{status: http.StatusOK, contentType: kind, body: []byte(f.Body), outcome: "body"}
}
