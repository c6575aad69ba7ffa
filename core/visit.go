package core

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// visit holds the facts about one request, gathered step by step.
type visit struct {
	gate    *Gate
	auth    *Auth
	ctx     context.Context
	request *Request
	asked   Request // what request points to: a copy that costs no allocation of its own
	now     time.Time
	kind    web.Kind

	at         web.Origin
	hasHost    bool       // at names a host, so that there can be absolute addresses
	target     web.Target // as asked
	stored     session.Stored
	broken     bool        // the session holds a record that cannot be read
	user       *User       // nil for an anonymous visitor
	ext        extension   // of the record that user was read from
	header     http.Header // of the answer, whatever it is; nil while it has none
	values     [6]string   // what most of header lies in, see add
	added      int         // how many of values are taken
	outcome    Outcome
	binding    proof.Binding // the one that fits the state, else the first readable; zero without
	state      proof.State
	code       string
	callback   callback
	withheld   bool        // see isWithheld
	reason     error       // why an exchange failed
	stage      string      // what failed, see Event.Stage
	former     *User       // whose session it was before this login
	remembered bool        // the code was exchanged before
	scope      Scope       // what this request needs
	want       level       // of scope
	follow     followState // as far as it is known
	wechat     string      // where ConsentPage's button leads
	screen     screenVisit // see readScreen
	hasForm    bool        // the answer is a page with a form of ours
}

// locate reads target, state and origin. It does not read the state of a target that is
// longer than any callback, so that a client cannot cause that work.
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

// originOf returns Config.PublicURL if it is set; then the request's own host counts
// for nothing.
func (a *Auth) originOf(r *Request) (web.Origin, bool) {
	if a.public.Host != "" {
		return a.public, true
	}
	return web.OriginOf(r.Host, r.TLS, r.Header, a.config.TrustProxy)
}

// warnOfPrefix logs once that the proxy does not remove PublicURL's path.
func (a *Auth) warnOfPrefix(prefix string) {
	if a.prefixWarned.CompareAndSwap(false, true) {
		a.watch.warnOf("path", "requests arrive with the path of PublicURL, so the proxy does not cut it off: leave the path out of PublicURL, or let the proxy cut it off", slog.String("path", prefix))
	}
}

// recognise reads the session. v.user stays nil without one.
func (v *visit) recognise() error {
	s := v.auth.sessions
	var err error
	if v.stored, err = s.Read(v.ctx, v.request.Header, v.at.IsHTTPS()); err != nil || v.stored.Record == "" {
		return err
	}
	rec, ok := decodeRecord(v.stored.Record, v.auth.apps)
	if v.broken = !ok; v.broken {
		v.sessionEnded(nil, "unreadable")
		return nil
	}
	if current, err := v.isCurrent(&rec); err != nil || !current {
		return err
	}
	v.user, v.ext = &rec.user, rec.ext
	if v.gate.mode == ModeLogout || v.stored.Loaded || !s.TouchIsDue(v.stored, rec.touched) {
		return nil
	}
	v.touch()
	return nil
}

// touch writes the session unchanged, with a new idle time. If the store cannot be
// written, the request continues: the visitor is logged in, and only the idle time ends
// sooner.
func (v *visit) touch() {
	w, err := v.auth.rewrite(v.ctx, v.stored, v.user, v.ext, v.at.IsHTTPS())
	switch {
	case err != nil:
		v.auth.sessions.TouchFailed()
		v.auth.watch.touchFailed(v.ctx, err)
	case w.Gone:
		v.stored, v.user = session.Stored{}, nil
	default:
		v.addHeader(w.Header)
	}
}

// applyScope finds the scope that this request needs.
func (v *visit) applyScope() {
	v.scope = v.gate.scope
	if v.gate.scopeOf != nil {
		var scope Scope
		if err := recovered("Scopes", func() { scope = v.gate.scopeOf(v.request) }); err != nil {
			v.auth.watch.hookFailed(v.ctx, "scopes", err)
		} else if scope == Silent || scope == Prompt {
			v.scope = scope
		}
	}
	v.want = v.scope.level()
}

// spareConsent asks a phone that opens a code for a silent login, where its session has
// the profile already and is only too old: the login confirms who the person is, and
// keeps the profile. See sameWithProfile.
func (v *visit) spareConsent() {
	if v.gate.then != nil && v.user != nil && v.user.level() >= v.want {
		v.scope, v.want = Silent, silentLevel
	}
}

// level is what the session holds for this gate. A login that is older than the gate's
// MaxAge counts as none.
func (v *visit) level() level {
	if v.user != nil && v.gate.hasMaxAge && v.now.Sub(v.user.LoggedInAt) >= v.gate.maxAge {
		return anonymous
	}
	return v.user.level()
}

// whereItIs tells where the visitor's browser is. With AnyBrowser every browser counts as
// WeChat's, except that a website application and ScreenLogin keep their desktop browsers.
func (v *visit) whereItIs() web.Client {
	if v.auth.config.AnyBrowser && v.auth.website == nil && v.auth.screens == nil {
		return web.InsideWeChat
	}
	c := web.ClientOf(web.FirstHeader(v.request.Header, "User-Agent"))
	if v.auth.config.AnyBrowser && c != web.Desktop {
		return web.InsideWeChat
	}
	return c
}

// facts collects the input of decide.
func (v *visit) facts() facts {
	f := facts{
		mode: v.gate.mode, kind: v.kind, client: web.InsideWeChat,
		level: v.level(), want: v.want, callback: v.callback,
		spent: v.spent(), withheld: v.withheld, allowOutside: v.gate.allowOutside,
		website: v.auth.website != nil,
		screen:  v.screen.state,
	}
	// The client matters only for navigations, and where AllowOutside lets visitors
	// through.
	if f.kind == web.Navigation || f.allowOutside {
		f.client = v.whereItIs()
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
