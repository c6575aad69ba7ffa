package core

import (
	"fmt"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// maxAttempts is how many rounds to WeChat a browser makes that brings no cookies back.
// Then it reads why.
const maxAttempts = 3

// spent says whether the attempts are used up: by the state, which needs no cookie, by
// logins after which no session came back, or by returns whose state was lost.
func (v *visit) spent() bool {
	return v.state.Attempt >= maxAttempts || v.losesSession() || v.losesState()
}

// losesSession says that this browser logged in again and again and brings no session.
func (v *visit) losesSession() bool {
	return v.user == nil && v.binding.ID != "" && v.recentLogins() >= proof.MaxRecent
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

// fault guesses why no cookie comes back. Behind a proxy the connection's own host
// and scheme say nothing; only what the proxy tells does.
func (v *visit) fault() Fault {
	switch {
	case v.losesSession():
		return SessionCookie
	case v.losesState():
		return StateLost
	}
	public, h := v.auth.public, v.request.Header
	if public.Host == "" {
		return CookiesOff
	}
	scheme, host, direct := web.Forwarded(h)
	if direct {
		host = v.request.Host
		if scheme = "http"; v.request.TLS {
			scheme = "https"
		}
	}
	seen, ok := web.NewOrigin(public.Scheme, host)
	switch {
	case host != "" && (!ok || seen.Host != public.Host):
		return OtherDomain
	case public.IsHTTPS() && scheme == "http":
		return MixedScheme
	}
	return CookiesOff
}

// cookieTwins names, for the log, session cookies that hide each other.
func (v *visit) cookieTwins() error {
	if n := v.auth.sessions.CookiesSent(v.request.Header, v.at.IsHTTPS()); n > 1 {
		return fmt.Errorf("the browser sent %d cookies named %q: one of them was set with another domain or path and hides the app's", n, v.auth.sessions.CookieName(v.at.IsHTTPS()))
	}
	return nil
}
