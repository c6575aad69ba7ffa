package core

import (
	"context"
	"net/http"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// visit is what one request is about, gathered step by step.
type visit struct {
	gate    *Gate
	auth    *Auth
	ctx     context.Context
	request *Request
	asked   Request // what request points to: a copy that costs no allocation of its own
	now     time.Time
	kind    kind

	at      origin
	target  target // as asked
	stored  stored
	user    *User       // nil for nobody
	header  http.Header // of the answer, whatever it is; nil while it has none
	values  [6]string   // what most of header lies in, see add
	added   int         // how many of values are taken
	outcome Outcome
	binding binding // the one that fits the state, else the first readable; zero without
	state   state
	code    string
	answer  answer
	reason  error  // why an exchange failed
	follow  follow // as far as it is known
	wechat  string // where ConsentPage's button leads
}

// locate reads target, state and origin: all that a page needs for a link that is
// free of code and state.
func (v *visit) locate() (ok bool) {
	if v.target, ok = parseTarget(v.request.Target); !ok {
		return false
	}
	if value, _, _, found := v.target.last("state"); found {
		v.state = v.auth.keys.read(value)
	}
	v.at, ok = v.auth.originOf(v.request)
	return ok
}

// recognise finds the session. v.user stays nil where there is none.
func (v *visit) recognise() error {
	s := v.auth.sessions
	var err error
	if v.stored, err = s.read(v.ctx, v.request.Header, v.at.https()); err != nil || !v.stored.found {
		return err
	}
	if v.gate.mode != Logout {
		h, gone, err := s.touch(v.ctx, v.stored, v.at.https())
		if err != nil {
			return err
		}
		if gone {
			v.stored = stored{}
			return nil
		}
		v.addHeader(h)
	}
	v.user = &v.stored.record.user
	return nil
}

// readAnswer finds out whether this is WeChat's way back, and whose.
func (v *visit) readAnswer() {
	// Of requests that are no navigation, decide asks no number of attempts.
	if v.state.shape != foreignState || v.user == nil && v.kind == navigation {
		v.readBinding()
	}
	if v.state.shape != ourState {
		return
	}
	var hasCode bool
	v.code, _, _, hasCode = v.target.last("code")
	switch {
	case !hasCode || v.code == "" || v.code == "authdeny":
		v.answer = withoutCode
	case v.binding.id == "" || !v.auth.keys.valid(&v.state, v.now, v.binding.id, v.at):
		v.answer = stale
	default:
		v.answer = code
	}
}

// readBinding takes the binding cookie that the state verifies with; only without
// one, any that can be read.
func (v *visit) readBinding() {
	for value := range cookieValues(v.request.Header, cookieName(v.auth.binding, v.at.https())) {
		b, ok := parseBinding(value)
		if !ok {
			continue
		}
		if v.binding.id == "" {
			v.binding = b
		}
		if v.state.shape == ourState && v.auth.keys.valid(&v.state, v.now, b.id, v.at) {
			v.binding = b
			return
		}
	}
}

// facts is what decide is told.
func (v *visit) facts() facts {
	f := facts{
		mode: v.gate.mode, kind: v.kind, client: insideWeChat,
		level: v.user.level(), want: v.gate.want, answer: v.answer,
		spent: v.spent(), guests: v.gate.outsiders,
	}
	// Where a script runs matters to nobody but guests.
	if !v.auth.config.AnyBrowser && (f.kind == navigation || f.guests) {
		f.client = clientOf(v.request.first("User-Agent"))
	}
	if v.gate.following != "" && v.user != nil {
		f.follow = max(v.follow, notAskedYet)
	}
	if v.answer != noAnswer {
		f.asked = v.state.scope.level()
		f.news = v.user == nil || f.asked > f.level || v.state.issued.After(v.user.LoggedInAt)
	}
	return f
}

// spent says whether the attempts are used up: by the state, which needs no cookie,
// or by logins after which no session came back.
func (v *visit) spent() bool {
	return v.state.attempt >= maxAttempts || v.user == nil && v.binding.id != "" && v.bounces() >= maxBounces
}

// bounces counts the logins of this browser in the last minute, by its cookie and,
// should cookies be lost with the answer to every login, by this process's own
// memory.
func (v *visit) bounces() int {
	return max(v.binding.bounces(v.now), v.auth.logins.tally.of(v.binding.id, v.now))
}

// exchange turns the code into a session.
func (v *visit) exchange() {
	r := v.auth.logins.exchange(v.ctx, v.code, v.binding.id, v.state.scope, web.WeChatLanguage(v.request.Header.Get("Accept-Language")))
	v.answer, v.reason = r.answer, r.err
	if r.answer != loggedIn {
		return
	}
	h, gone, err := v.auth.sessions.login(v.ctx, v.stored, r.user, v.at.https())
	switch {
	case err != nil:
		v.answer, v.reason = unavailable, unavailableFor(err)
	case gone:
		// Logged out in another tab meanwhile: nobody, at a clean address.
		v.user = nil
	default:
		v.header.Del("Set-Cookie") // of a touch: the token is another now
		v.addHeader(h)
		v.user = r.user
		v.setBinding(v.binding.loggedIn(v.now))
	}
}

// destination is where a login ends: the page that was asked for, or the local
// page that a Login link names.
func (v *visit) destination() string {
	clean := v.target
	if v.state.shape == ourState {
		clean = clean.clean()
	}
	if v.gate.mode == Login {
		return v.at.url(localTarget(clean.value("to")))
	}
	return v.at.url(clean)
}

// add adds a header to the answer. The first few values lie in the visit itself:
// BenchmarkRedirect pays for one map and no slices.
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

func (v *visit) setBinding(b binding) {
	v.binding = b
	v.add("Set-Cookie", setCookie(v.auth.binding, b.String(), v.at.https(), int(bindingLife/time.Second)))
}
