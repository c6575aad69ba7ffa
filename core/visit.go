package core

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// maxAttempts is how many rounds to WeChat a browser makes that brings no cookies back.
// Then it reads why.
const maxAttempts = 3

// visit is what one request is about, gathered step by step.
type visit struct {
	gate    *Gate
	auth    *Auth
	ctx     context.Context
	request *Request
	asked   Request // what request points to: a copy that costs no allocation of its own
	now     time.Time
	kind    web.Kind

	at       web.Origin
	hasHost  bool       // at names a host, so that there can be absolute addresses
	target   web.Target // as asked
	stored   session.Stored
	broken   bool        // the session holds a record that cannot be read
	user     *User       // nil for nobody
	header   http.Header // of the answer, whatever it is; nil while it has none
	values   [6]string   // what most of header lies in, see add
	added    int         // how many of values are taken
	outcome  Outcome
	binding  proof.Binding // the one that fits the state, else the first readable; zero without
	state    proof.State
	code     string
	callback callback
	withheld bool        // see isWithheld
	reason   error       // why an exchange failed
	scope    Scope       // what this request needs
	want     level       // of scope
	follow   followState // as far as it is known
	wechat   string      // where ConsentPage's button leads
}

// locate reads target, state and origin. The state of an address that is longer than
// any way back is not read: work on it would be a stranger's to ask for.
func (v *visit) locate() (ok bool) {
	var authority string
	if v.target, authority, ok = web.ParseRequestTarget(v.request.Target); !ok {
		return false
	}
	if authority != "" {
		v.asked.Host = authority
	}
	if v.target.Len() <= web.MaxCallback {
		if value, _, _, found := v.target.LastParam("state"); found {
			v.state = v.auth.keys.Parse(value)
		}
	}
	v.at, v.hasHost = v.auth.originOf(v.request)
	if v.at.HasPrefix(v.target) {
		v.auth.warnOfPrefix(v.at.Prefix)
	}
	return true
}

// originOf is Config.PublicURL where it is set, and nothing else then.
func (a *Auth) originOf(r *Request) (web.Origin, bool) {
	if a.public.Host != "" {
		return a.public, true
	}
	return web.OriginOf(r.Host, r.TLS, r.Header, a.config.TrustProxy)
}

// warnOfPrefix tells once that the proxy does not cut off PublicURL's path.
func (a *Auth) warnOfPrefix(prefix string) {
	if a.prefixWarned.CompareAndSwap(false, true) {
		a.config.logger().Warn("wechat: requests arrive with the path of PublicURL, so the proxy does not cut it off: leave the path out of PublicURL, or let the proxy cut it off", "path", prefix)
	}
}

// recognise finds the session. v.user stays nil where there is none.
func (v *visit) recognise() error {
	s := v.auth.sessions
	var err error
	if v.stored, err = s.Read(v.ctx, v.request.Header, v.at.IsHTTPS()); err != nil || v.stored.Record == "" {
		return err
	}
	rec, ok := decodeRecord(v.stored.Record, v.auth.config.AppID)
	if v.broken = !ok; v.broken {
		return nil
	}
	v.user = &rec.user
	if v.gate.mode == ModeLogout || v.stored.Loaded || !s.TouchIsDue(v.stored, rec.touched) {
		return nil
	}
	v.touch()
	return nil
}

// touch writes the session as it is. A store that can be read and not written keeps
// nobody out: the visitor is validly logged in, and only the idle time ends sooner.
func (v *visit) touch() {
	w, err := v.auth.rewrite(v.ctx, v.stored, v.user, v.at.IsHTTPS())
	switch {
	case err != nil:
		v.auth.sessions.TouchFailed()
		v.auth.config.logger().WarnContext(v.ctx, "wechat: the idle time of a session could not be written", "error", err.Error())
	case w.Gone:
		v.stored, v.user = session.Stored{}, nil
	default:
		v.addHeader(w.Header)
	}
}

// readAnswer finds out whether this is WeChat's way back, and whose.
func (v *visit) readAnswer() {
	// Of requests that are no navigation, decide asks no number of attempts.
	if v.state.Shape != proof.ForeignState || v.user == nil && v.kind == web.Navigation {
		v.readBinding()
	}
	if v.state.Shape != proof.OwnState {
		return
	}
	var hasCode bool
	v.code, _, _, hasCode = v.target.LastParam("code")
	switch {
	case !hasCode || v.code == "" || v.code == "authdeny":
		v.callback = refusalReturned
	case v.binding.ID == "" || !v.auth.keys.Verify(&v.state, v.now, v.binding.ID, v.at):
		v.callback = staleState
	default:
		v.callback = codeReturned
	}
}

// readBinding takes the binding cookie that the state verifies with; only without
// one, any that can be read.
func (v *visit) readBinding() {
	for value := range web.CookieValues(v.request.Header, web.CookieName(v.auth.binding, v.at.IsHTTPS())) {
		b, ok := proof.ParseBinding(value)
		if !ok {
			continue
		}
		if v.binding.ID == "" {
			v.binding = b
		}
		if v.state.Shape == proof.OwnState && v.auth.keys.Verify(&v.state, v.now, b.ID, v.at) {
			v.binding = b
			return
		}
	}
}

// applyScope finds out what this request needs.
func (v *visit) applyScope() {
	v.scope = v.gate.scope
	if v.gate.scopeOf != nil {
		var scope Scope
		if err := recovered("Scopes", func() { scope = v.gate.scopeOf(v.request) }); err != nil {
			v.auth.reports.hookFailed(v.ctx, v.auth.config.logger(), err)
		} else if scope == Silent || scope == Prompt {
			v.scope = scope
		}
	}
	v.want = v.scope.level()
}

// level is how much of the visitor is known to this gate. A login that is older than
// the gate's MaxAge counts as none.
func (v *visit) level() level {
	if v.user != nil && v.gate.hasMaxAge && v.now.Sub(v.user.LoggedInAt) >= v.gate.maxAge {
		return anonymous
	}
	return v.user.level()
}

// facts is what decide is told.
func (v *visit) facts() facts {
	f := facts{
		mode: v.gate.mode, kind: v.kind, client: web.InsideWeChat,
		level: v.level(), want: v.want, callback: v.callback,
		spent: v.spent(), withheld: v.withheld, allowOutside: v.gate.allowOutside,
	}
	// Where a script runs matters to nobody but guests.
	if !v.auth.config.AnyBrowser && (f.kind == web.Navigation || f.allowOutside) {
		f.client = web.ClientOf(web.FirstHeader(v.request.Header, "User-Agent"))
	}
	if v.gate.following != "" && f.level > anonymous {
		f.follow = max(v.follow, followUnknown)
	}
	if v.callback != noCallback {
		f.asked = v.scopeAsked().level()
		f.news = v.user == nil || f.asked > f.level || v.state.IssuedAt.After(v.user.LoggedInAt)
	}
	return f
}

// scopeAsked is the scope that the login in the answer asked for.
func (v *visit) scopeAsked() Scope {
	if v.state.Prompt {
		return Prompt
	}
	return Silent
}

// spent says whether the attempts are used up: by the state, which needs no cookie, by
// logins after which no session came back, or by returns whose state was lost.
func (v *visit) spent() bool {
	return v.state.Attempt >= maxAttempts || v.losesSession() || v.losesState()
}

// isWithheld says that this is a callback of ours to a browser that brought no binding
// cookie at all. iOS 12 keeps SameSite=Lax cookies back on a request that follows a
// redirect from another site (https://bugs.webkit.org/show_bug.cgi?id=188165), and sends
// them when a page of this site asks for the address once more. A state has one such try
// in each process, or a browser without cookies would ask for ever.
func (v *visit) isWithheld() bool {
	if v.callback != staleState || v.binding.ID != "" || v.code == "" || v.now.Sub(v.state.IssuedAt) > proof.StateLife {
		return false
	}
	return v.auth.logins.askedAgain.Is(v.state.ID(), v.now)
}

// losesSession says that this browser logged in again and again and brings no session.
func (v *visit) losesSession() bool {
	return v.user == nil && v.binding.ID != "" && v.recentLogins() >= proof.MaxRecent
}

// cookieTwins names, for the log, session cookies that hide each other.
func (v *visit) cookieTwins() error {
	if n := v.auth.sessions.CookiesSent(v.request.Header, v.at.IsHTTPS()); n > 1 {
		return fmt.Errorf("the browser sent %d cookies named %q: one of them was set with another domain or path and hides the app's", n, v.auth.sessions.CookieName(v.at.IsHTTPS()))
	}
	return nil
}

// losesState says that something on the way back from WeChat alters or drops the state.
// Only returns count, because many tabs may start a login at once. A browser without
// cookies is known by the address, which shows a second return by itself.
func (v *visit) losesState() bool {
	returned, second := v.isLostReturn()
	return returned && (v.binding.LostReturns(v.now)+1 >= proof.MaxRecent || second && v.binding.ID == "")
}

// isLostReturn says that this is WeChat's way back with a state that cannot be read.
func (v *visit) isLostReturn() (returned, second bool) {
	if v.state.Shape != proof.ForeignState || v.user != nil {
		return false, false
	}
	return v.target.IsReturn()
}

// recentLogins counts the logins of this browser in the last minute after which no
// session came back: by its cookie and, should cookies be lost with the answer to every
// login, by this process's own memory. A login whose session the app itself has ended
// since does not count, for the first few: a store that loses every session would
// otherwise send the browser round and round.
func (v *visit) recentLogins() int {
	guard := v.auth.logins.guard
	here := guard.Count(v.binding.ID, v.now)
	n := max(v.binding.RecentLogins(v.now), here)
	if n < proof.MaxRecent || here >= 2*proof.MaxRecent {
		return n
	}
	for _, token := range guard.Sessions(v.binding.ID, v.now) {
		if there, err := v.auth.sessions.Exists(v.ctx, token); err == nil && !there {
			n--
		}
	}
	return n
}

// exchange turns the code into a session.
func (v *visit) exchange() {
	r := v.auth.logins.exchange(v.ctx, v.code, v.binding.ID, v.scopeAsked(), web.WeChatLanguage(v.request.Header.Get("Accept-Language")))
	v.callback, v.reason = r.outcome, r.err
	if r.outcome != loggedIn {
		return
	}
	w, err := v.logIn(r.user)
	switch {
	case err != nil:
		v.callback, v.reason = unavailable, unavailableFor(err)
	case w.Gone:
		// Logged out in another tab meanwhile: nobody, at a clean address.
		v.user = nil
	default:
		v.header.Del("Set-Cookie") // of a touch: the token is another now
		v.addHeader(w.Header)
		v.user = r.user
		v.auth.logins.guard.AddSession(v.binding.ID, w.Token, v.now)
		v.setBinding(v.binding.WithLogin(v.now))
	}
}

// logIn puts the user into the session. What the app keeps in the session of another
// person is not handed over.
func (v *visit) logIn(u *User) (session.Written, error) {
	record, err := v.auth.recordOf(u)
	if err != nil {
		return session.Written{}, err
	}
	another := v.broken || v.user != nil && v.user.OpenID != u.OpenID
	return v.auth.sessions.Login(v.ctx, v.stored, record, another, v.request.Header, v.at.IsHTTPS())
}

// rewrite writes the user into the session under the token that it has.
func (a *Auth) rewrite(ctx context.Context, was session.Stored, u *User, https bool) (session.Written, error) {
	record, err := a.recordOf(u)
	if err != nil {
		return session.Written{}, err
	}
	return a.sessions.Rewrite(ctx, was, record, https)
}

// destination is where a login ends: the page that was asked for, or the local
// page that a Login link names.
func (v *visit) destination() string {
	clean := v.target
	if v.state.Shape == proof.OwnState {
		clean = clean.WithoutCallback()
	}
	if v.gate.mode == ModeLogin {
		return v.at.URL(web.LocalTarget(clean.FirstParam("to"), v.at))
	}
	return v.at.URL(clean)
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

func (v *visit) setBinding(b proof.Binding) {
	v.binding = b
	v.add("Set-Cookie", web.SetCookie(v.auth.binding, b.String(), v.at.IsHTTPS(), int(proof.BindingLife/time.Second)))
}
