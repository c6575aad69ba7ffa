package core

import (
	"net/http"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// logout ends the session on a POST from this site. An <img> or a form of another site
// must not log anybody out. The binding cookie is renewed, so that a login in progress
// cannot complete afterwards.
func (v *visit) logout() *Outcome {
	switch {
	case !v.hasHost:
		return v.page(BadRequestPage, errNoHost)
	case v.request.Method != http.MethodPost:
		return v.page(ForbiddenPage, ErrMethod)
	case web.CrossSite(v.request.Header, v.at):
		return v.page(ForbiddenPage, ErrCrossSite)
	}
	h, err := v.auth.sessions.Logout(v.ctx, v.stored, v.gate.allAccounts, v.request.Header, v.at.IsHTTPS())
	if err != nil {
		return v.unavailable("session", err)
	}
	if v.user != nil {
		v.sessionEnded(v.user, "logout")
	}
	v.addHeader(h)
	v.endResults()
	v.forgetDevice("")
	v.setBinding(proof.NewBinding())
	return v.redirect(http.StatusSeeOther, v.at.URL(web.LocalTarget(v.target.FirstParam("to"), v.at)))
}

// endResults drops the remembered results of this browser's logins, so that an old
// callback URL with the old binding cookie logs no one in after the logout. For a
// browser without a login it writes nothing.
func (v *visit) endResults() {
	results := v.auth.logins.results
	for value := range web.CookieValues(v.request.Header, web.CookieName(v.auth.binding, v.at.IsHTTPS())) {
		if b, ok := proof.ParseBinding(value); ok && (v.stored.Token != "" || results.Knows(b.ID)) {
			results.End(v.ctx, b.ID)
		}
	}
}
