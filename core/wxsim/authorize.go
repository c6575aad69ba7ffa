package wxsim

import (
	"net/http"
	"strings"
	"time"
)

// The scopes of an Official Account: openid only and silent, or nickname and
// avatar with consent.
const (
	scopeBase     = "snsapi_base"
	scopeUserInfo = "snsapi_userinfo"
)

const maxState = 128 // bytes; WeChat's page says state参数过长 beyond

// request is an authorisation link that passed every check.
type request struct {
	account  Account
	redirect string
	scope    string
	state    string // raw, as it stood in the link, to be returned verbatim
	origin   string // the simulator's address in this browser
	expires  time.Time
}

// answer is the redirect that ends the request. code is "" for none.
func (q request) answer(code string) reply {
	tail := "state=" + q.state
	if code != "" {
		tail = "code=" + code + "&" + tail
	}
	return redirect(withQuery(q.redirect, tail))
}

// authorize answers the authorisation link.
func (s *Sim) authorize(r *http.Request) reply {
	if !s.cfg.AnyBrowser && !isWeChat(r.UserAgent()) {
		return s.errorPage(r, failNotWeChat())
	}
	q, wrong := s.checkLink(r)
	if wrong != nil {
		return s.errorPage(r, *wrong)
	}
	if q.scope == scopeUserInfo {
		return s.consent(r, q)
	}
	// snsapi_base asks nobody.
	return q.answer(s.mint(q.account.AppID, s.personOf(r).ID, q.scope, q.origin))
}

// isWeChat: WeCom's browser names MicroMessenger as well, so wxwork decides.
func isWeChat(userAgent string) bool {
	ua := strings.ToLower(userAgent)
	return strings.Contains(ua, "micromessenger") && !strings.Contains(ua, "wxwork")
}

// checkLink checks the parameters one after the other, in documented order,
// and the order itself last, so that the page names the plainer mistake.
func (s *Sim) checkLink(r *http.Request) (request, *failure) {
	l := parseLink(r.URL.RawQuery)
	fail := func(f failure) (request, *failure) { return request{}, &f }

	if l.value["appid"] == "" {
		return fail(pageFailure(pageNoAppID, ""))
	}
	account, ok := s.accounts[l.value["appid"]]
	if !ok {
		return fail(failAppID())
	}
	if l.value["redirect_uri"] == "" {
		return fail(pageFailure(pageNoRedirect, ""))
	}
	if !redirectFits(l.value["redirect_uri"], account, s.cfg.StrictPort) {
		return fail(failRedirect(l.value["redirect_uri"], account, s.cfg.StrictPort))
	}
	if l.value["response_type"] != "code" {
		return fail(failResponseType())
	}
	switch l.value["scope"] {
	case "":
		return fail(pageFailure(pageNoScope, ""))
	case scopeBase, scopeUserInfo:
	default:
		return fail(pageFailure(pageScope, ""))
	}
	if l.value["state"] == "" {
		return fail(pageFailure(pageNoState, ""))
	}
	if len(l.value["state"]) > maxState {
		return fail(failStateLong(len(l.value["state"])))
	}
	if name := l.misplaced(); name != "" && !s.cfg.AnyOrder {
		return fail(failOrder(name))
	}
	return request{account: account, redirect: l.value["redirect_uri"], scope: l.value["scope"],
		state: l.raw["state"], origin: origin(r)}, nil
}
