package core

import (
	"errors"
	"net/http"
	"time"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// retryAfter is the Retry-After for trouble that passes by itself, in seconds.
const retryAfter = "5"

// pass lets the request continue, with the app's own user if the gate has a LoadUser.
func (v *visit) pass() *Outcome {
	ctx := v.ctx
	if v.level() == anonymous {
		v.user = nil
	}
	if v.gate.load != nil && v.user != nil {
		var err error
		ctx, err = v.gate.load(ctx, v.user)
		switch {
		case err == nil:
		case errors.Is(err, ErrLogInAgain):
			return v.logInAgain()
		case errors.Is(err, ErrDenied):
			return v.page(DeniedPage, err)
		default:
			return v.unavailable("hook", err)
		}
	}
	if v.state.Shape != proof.ForeignState {
		// The address may hold a code that is not spent: another gate's, or another
		// browser's.
		v.add("Cache-Control", "no-store")
		v.add("Referrer-Policy", "no-referrer")
	}
	p := &passage{Context: ctx, visitor: v.user, info: v.auth.requestInfo(v.at, v.stored.Token, v.stored.Record)}
	if v.header == nil {
		return v.gate.passing(p, v.gate.passHeader)
	}
	v.addHeader(v.gate.passHeader)
	return v.gate.passing(p, v.header)
}

// logInAgain ends the session of a person whom the app no longer knows, and decides
// anew. An app that knows the person not even after the login ends on the stuck page,
// by the count of recent logins.
func (v *visit) logInAgain() *Outcome {
	h, err := v.auth.sessions.Logout(v.ctx, v.stored, v.gate.allAccounts, v.request.Header, v.at.IsHTTPS())
	if err != nil {
		return v.unavailable("session", err)
	}
	v.sessionEnded(v.user, "log_in_again")
	v.header.Del("Set-Cookie") // of the session that just ended
	v.addHeader(h)
	v.user, v.stored, v.follow = nil, session.Stored{}, followNotAsked
	v.readBinding()
	return v.perform(decide(v.facts()))
}

// unavailable shows the "unavailable" page. stage is what failed, see Event.Stage.
func (v *visit) unavailable(stage string, err error) *Outcome {
	v.stage = stage
	return v.page(UnavailablePage, unavailableFor(err))
}

func (v *visit) redirect(status int, to string) *Outcome {
	v.add("Location", to)
	return v.answerWith(status, nil, nil)
}

// answerWith makes an answer of this library. It is never stored and sends no referrer,
// because the address may hold a code. A page with a form sends one to this site alone.
func (v *visit) answerWith(status int, body []byte, err error) *Outcome {
	v.add("Cache-Control", "no-store")
	if v.hasForm {
		v.add("Referrer-Policy", "same-origin") // with no-referrer, browsers send forms with the Origin "null"
	} else {
		v.add("Referrer-Policy", "no-referrer")
	}
	return v.outcomeOf(v.header, status, body, err)
}

func (v *visit) outcomeOf(h http.Header, status int, body []byte, err error) *Outcome {
	v.outcome = Outcome{Context: v.ctx, Header: h, Status: status, Body: body, Err: err}
	return &v.outcome
}

// add adds a header to the answer. The first values lie in the visit itself, so that a
// redirect allocates one map and no slices (BenchmarkRedirect).
func (v *visit) add(name, value string) {
	if v.header == nil {
		v.header = http.Header{}
	}
	if had := v.header[name]; had != nil || v.added == len(v.values) {
		v.header[name] = append(had, value)
		return
	}
	v.values[v.added] = value
	v.added++
	v.header[name] = alone(v.values[:v.added])
}

func (v *visit) addHeader(h http.Header) {
	for name, values := range h {
		for _, value := range values {
			v.add(name, value)
		}
	}
}

func (v *visit) setBinding(b proof.Binding) {
	v.binding = b
	v.add("Set-Cookie", web.SetCookie(v.auth.binding, b.String(), v.at.IsHTTPS(), int(proof.BindingLife/time.Second)))
}
