package core

import "net/http"

// logout ends the session on a POST from this site. An <img> or a form of
// another site must not log anybody out. The binding cookie is renewed, so that
// no login that was in progress comes to its end afterwards.
func (v *visit) logout() *Outcome {
	switch {
	case v.request.Method != http.MethodPost:
		return v.page(ForbiddenPage, ErrMethod)
	case crossSite(v.request, v.at):
		return v.page(ForbiddenPage, ErrCrossSite)
	}
	h, err := v.auth.sessions.logout(v.ctx, v.stored, v.request.Header, v.at.https())
	if err != nil {
		return v.page(UnavailablePage, unavailableFor(err))
	}
	v.addHeader(h)
	v.setBinding(newBinding())
	return v.redirect(http.StatusSeeOther, v.at.url(target{path: "/"}))
}
