package core

import (
	"fmt"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// maxAttempts is how often a browser that brings no cookies back is redirected to
// WeChat. Then StuckPage explains why.
const maxAttempts = 3

// spent reports whether no attempts are left. Three things use them up: the number in
// the state, which needs no cookie; logins after which no session came back; callbacks
// whose state was lost.
func (v *visit) spent() bool {
	return v.state.Attempt >= maxAttempts || v.losesSession() || v.losesState()
}

// losesSession reports that this browser logged in repeatedly and brings no session.
func (v *visit) losesSession() bool {
	return v.user == nil && v.binding.ID != "" && v.recentLogins() >= proof.MaxRecent
}

// recentLogins counts the logins of this browser in the last minute after which no
// session came back: by its binding cookie and by this process's memory, because the
// cookies of a login's answer may be lost. A login whose session the app has ended
// since does not count. That holds for the first few only: with a store that loses
// every session, the browser would be redirected without end.
func (v *visit) recentLogins() int {
	guard := v.auth.logins.guard
	here := guard.Count(v.binding.ID, v.now)
	n := max(v.binding.RecentLogins(v.now, v.auth.loginTag), here)
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

// losesState reports that something between WeChat and this site alters or drops the
// state. Only callbacks count, because many tabs may start a login at once. For a
// browser without cookies the address itself shows a second callback.
func (v *visit) losesState() bool {
	returned, second := v.isLostReturn()
	return returned && (v.binding.LostReturns(v.now, v.auth.loginTag)+1 >= proof.MaxRecent || second && v.binding.ID == "")
}

// isLostReturn reports that this is a callback from WeChat whose state cannot be read.
func (v *visit) isLostReturn() (returned, second bool) {
	if v.state.Shape != proof.ForeignState || v.user != nil {
		return false, false
	}
	return v.target.IsReturn()
}

// isWithheld reports that this is a callback of ours and the browser brought no binding
// cookie. iOS 12 keeps SameSite=Lax cookies back on a request that follows a redirect
// from another site (https://bugs.webkit.org/show_bug.cgi?id=188165), and sends them
// when a page of this site asks for the address once more. Each state has one such try
// in each process, so that a browser without cookies does not repeat it without end.
func (v *visit) isWithheld() bool {
	if v.callback != staleState || v.binding.ID != "" || v.code == "" || v.now.Sub(v.state.IssuedAt) > proof.StateLife {
		return false
	}
	return v.auth.logins.askedAgain.Is(v.state.ID(), v.now)
}

// fault guesses why no cookie comes back. Behind a proxy the connection's own host and
// scheme mean nothing; only the forwarded headers count.
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
