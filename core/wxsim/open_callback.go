package wxsim

import (
	"context"
	"io"
	"net/http"
)

// Callback is the endpoint name under which [Sim.Fail] and [Sim.Next] keep the
// faults of the way back to the application: the next redirect with a code
// meets them, whichever page makes it.
const Callback = "callback"

// callbackTrip is one redirect back to the application. Faults change it before it
// happens.
type callbackTrip struct {
	code  code   // what is minted; faults of the code itself change it
	text  string // the code in the address; "" leaves the parameter out
	state string // raw
	with  bool   // the address has a state
	twice bool   // the simulator asks for the address first, as WeChat has been seen to
	bare  bool   // the address is asked for without the browser's cookies
}

// callback mints a code for a person and sends the browser back with it. full
// is set when the person left the snapshot page for the whole service.
func (s *Sim) callback(r *http.Request, q request, personID string, full bool) reply {
	d := callbackTrip{state: q.state, with: true, text: s.random.text(32)}
	d.code.grant = s.newGrant(q.account, personID, q.scope, q.origin, q.forceSnapshot && !full, full)
	if _, known := s.platforms[q.component]; known {
		d.code.grant.component = q.component
	}
	if f := s.faultOf(Callback); f != nil && f.change != nil {
		f.change(&d)
	}
	s.keepCode(d.text, d.code)
	to := q.address(d)
	switch {
	case d.bare:
		return s.deliverBare(r, to)
	case d.twice:
		s.visit(r.Context(), to, r.UserAgent()) // the first of the two
	}
	return redirect(to)
}

// address is where the browser is sent: redirect_uri, then code, then state.
// An account behind a third-party platform gets its appid as well
// (代公众号发起网页授权).
func (q request) address(d callbackTrip) string {
	tail := ""
	if d.text != "" {
		tail += "&code=" + d.text
	}
	if d.with {
		tail += "&state=" + d.state
	}
	if q.component != "" {
		tail += "&appid=" + q.account.AppID
	}
	if tail == "" {
		return q.redirect
	}
	return withQuery(q.redirect, tail[1:])
}

// refused is the redirect of a refusal: with no code, or with a word for one.
func (q request) refused(word string) reply {
	return redirect(q.address(callbackTrip{text: word, state: q.state, with: true}))
}

type deliveredPage struct {
	frame
	Host   string
	Status int
	Next   string // where the application sent the visitor
}

// deliverBare asks for the callback itself, without the browser's cookies, and
// shows the browser what the application answered. A redirect is passed on.
func (s *Sim) deliverBare(r *http.Request, to string) reply {
	status, location, err := s.visit(r.Context(), to, r.UserAgent())
	if err != nil {
		return textReply(http.StatusBadGateway, "wxsim: the application did not answer the callback")
	}
	if location != "" {
		return redirect(location)
	}
	a := s.page("delivered.html", deliveredPage{frame: newFrame(r), Host: hostOf(to), Status: status})
	a.outcome = "no cookies"
	return a
}

// visit asks for an address of the application as a second client would, and
// reports what came back.
func (s *Sim) visit(ctx context.Context, address, userAgent string) (status int, location string, err error) {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	res, err := s.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, maxBody))
	if next, err := res.Location(); err == nil {
		location = next.String()
	}
	return res.StatusCode, location, nil
}
