package core

import (
	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// readAnswer finds out whether the request is a callback from WeChat, and whether its
// state was given to this browser.
func (v *visit) readAnswer() {
	// decide reads the number of attempts only for navigations.
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
	case !v.state.Website && !v.auth.isOfAccount(v.target), v.binding.ID == "" || !v.auth.keys.Verify(&v.state, v.now, v.binding.ID, v.at):
		v.callback = staleState
	default:
		v.callback = codeReturned
	}
}

// readBinding takes the binding cookie that the state verifies with. If none verifies,
// it takes the first that can be read.
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

// scopeAsked is the scope of the login that this callback belongs to.
func (v *visit) scopeAsked() Scope {
	if v.state.Prompt {
		return Prompt
	}
	return Silent
}

// application is what the login that this callback belongs to is for. The state names
// it, and was verified: so the code is never sent with another application's secret.
func (v *visit) application() application {
	if v.state.Website {
		return v.auth.website
	}
	return v.auth.account
}

// exchange turns the code into a session.
func (v *visit) exchange() {
	r := v.auth.logins.exchange(v.withFlow(), returned{
		by: v.application(), code: v.code, browser: v.binding.ID, asked: v.scopeAsked(),
		lang: web.WeChatLanguage(v.request.Header.Get("Accept-Language")),
	})
	v.callback, v.reason, v.stage, v.remembered, v.former = r.outcome, r.err, r.stage, r.remembered, v.user
	if r.outcome != loggedIn {
		return
	}
	r.user = v.sameWithProfile(r.user)
	w, err := v.logIn(r)
	switch {
	case err != nil:
		v.callback, v.reason, v.stage = unavailable, unavailableFor(err), "session"
	case w.Gone:
		// Logged out in another tab meanwhile: anonymous, at a clean address.
		v.user = nil
		v.addHeader(w.Header)
	default:
		v.header.Del("Set-Cookie") // of a touch: the token is another now
		v.addHeader(w.Header)
		if v.user != nil && v.user.OpenID != r.user.OpenID {
			v.sessionEnded(v.user, "other_person")
		}
		v.user, v.ext = r.user, r.ext
		v.forgetDevice(r.user.OpenID)
		v.auth.logins.guard.AddSession(v.binding.ID, w.Token, v.now)
		v.setBinding(v.binding.WithLogin(v.now, v.auth.loginTag))
	}
}

// logIn puts the user into the session. If the session belongs to another person, or to
// another application's open id of the same person, the app's values in it are dropped.
func (v *visit) logIn(r result) (session.Written, error) {
	u := r.user
	record, err := v.auth.recordOf(u, r.ext)
	if err != nil {
		return session.Written{}, err
	}
	another := v.broken || v.user != nil && (v.user.OpenID != u.OpenID || v.user.AppID != u.AppID)
	if u.Screen {
		return v.auth.sessions.LoginFor(v.ctx, screenSessionLife, v.stored, record, another, v.request.Header, v.at.IsHTTPS())
	}
	return v.auth.sessions.Login(v.ctx, v.stored, record, another, v.request.Header, v.at.IsHTTPS())
}

// sameWithProfile keeps the profile of a phone's session when a silent login has
// confirmed its person.
func (v *visit) sameWithProfile(u *User) *User {
	was := v.user
	if v.gate.then == nil || was == nil || was.AppID != u.AppID || was.OpenID != u.OpenID || was.level() <= u.level() {
		return u
	}
	same := *was
	same.LoggedInAt = u.LoggedInAt
	if u.AppUserID != "" {
		same.AppUserID = u.AppUserID
	}
	return &same
}

// destination is where a login ends: the page that was asked for, or the local page in
// Login's "to".
func (v *visit) destination() string {
	clean := v.target
	if v.state.Shape == proof.OwnState {
		clean = v.withoutCallback(clean)
	}
	if v.gate.mode == ModeLogin {
		return v.at.URL(web.LocalTarget(clean.FirstParam("to"), v.at))
	}
	return v.at.URL(clean)
}

// askedPage is the target without the parameters that a login adds.
func (v *visit) askedPage() web.Target {
	if v.state.Shape == proof.OwnState {
		return v.withoutCallback(v.target)
	}
	return v.target
}
