package core

import (
	"fmt"
	"net/http"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// start redirects the visitor to WeChat, to log in with the account or the website
// application. WeChat redirects back to this page.
func (v *visit) start(by application) *Outcome {
	if by != application(v.auth.website) && v.withdrawn() {
		return v.page(WithdrawnPage, ErrWithdrawn)
	}
	if v.binding.ID == "" {
		v.readBinding()
	}
	scope := v.scope
	scans := by == application(v.auth.website)
	switch {
	case scans:
		scope = Prompt // its one scope brings the profile
	case v.level() >= v.want:
		scope = v.scopeAsked() // the session satisfies this gate; a gate further in began the login
	case v.user == nil && v.auth.config.Profile != nil:
		scope = Silent // the app may know the profile; see raise
	}
	attempt := v.state.Attempt + 1
	back := v.target
	if v.state.Shape == proof.OwnState {
		back = v.withoutCallback(back)
	}
	back = back.ForRedirectURI()
	if n := back.Len(); n > web.MaxTarget {
		return v.page(BadRequestPage, fmt.Errorf("%w: %d bytes are too many to go to WeChat and back", ErrTarget, n))
	}
	returned, _ := v.isLostReturn()
	switch {
	case v.binding.ID == "":
		v.setBinding(proof.NewBinding())
	case returned:
		v.setBinding(v.binding.WithLostReturn(v.now, v.auth.loginTag))
	}
	state, lang := "", ""
	if scans {
		state = v.auth.keys.NewWebsiteState(v.now, attempt, v.binding.ID, v.at)
		lang = v.auth.pages.builtIn.Language(v.request.Header.Get("Accept-Language"))
	} else {
		state = v.auth.keys.NewState(v.now, attempt, scope == Prompt, v.binding.ID, v.at)
	}
	asksFirst := v.gate.askFirst && scope == Prompt && attempt == 1 && !scans
	v.started(by, state, scope, attempt, asksFirst)
	v.auth.prepareLogin(scope)
	wechat := by.authorizeURL(v.at.URL(back), scope, state, lang)
	if asksFirst {
		v.wechat = wechat
		return v.page(ConsentPage, nil)
	}
	return v.redirect(http.StatusFound, wechat)
}

// callsOf returns how many calls to WeChat a login makes, with the check of a
// follower that may come right after it.
func (a *Auth) callsOf(asked Scope) int {
	calls := 1 // the exchange
	if asked == Prompt {
		calls++ // the profile
	}
	if a.checksFollowers.Load() {
		calls++
	}
	return calls
}

// prepareLogin opens connections while the visitor is at WeChat, so that each call of
// the callback takes one round trip. Any client can start logins, so wxapi limits the
// number of connections.
func (a *Auth) prepareLogin(asked Scope) {
	a.account.client().DialAhead(a.callsOf(asked))
	if a.checksFollowers.Load() {
		a.token.Prefetch()
	}
}

// prepareCallback opens what is missing for the calls after the exchange while the
// exchange runs: the login may have started on another node, or longer than a minute
// ago.
func (a *Auth) prepareCallback(asked Scope) {
	if calls := a.callsOf(asked); calls > 1 {
		a.account.client().KeepReady(calls)
	}
	if a.checksFollowers.Load() {
		a.token.Prefetch()
	}
}
