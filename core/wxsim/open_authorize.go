package wxsim

import (
	"net/http"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

// The scopes: openid only and silent, nickname and avatar with consent, and the
// scan login of a website application.
const (
	scopeBase     = "snsapi_base"
	scopeUserInfo = "snsapi_userinfo"
	scopeLogin    = "snsapi_login"
)

const maxState = 128 // bytes; WeChat's page says state参数过长 beyond

// request is an authorisation link that passed every check.
type request struct {
	account       Account
	redirect      string
	scope         string
	state         string // raw, as it stood in the link, to be returned verbatim
	component     string // component_appid, "" without one
	forcePopup    bool
	forceSnapshot bool
	origin        string // the simulator's address in this browser
	warning       string // X-Wxsim-Warning, or ""
	again         string // the link, to open it once more
}

// authorize answers the authorisation link of an Official Account.
func (s *Sim) authorize(r *http.Request) reply {
	if !s.cfg.AnyBrowser && !isWeChat(r.UserAgent()) {
		return s.errorPage(r, failNotWeChat())
	}
	q, wrong := s.checkLink(r)
	if wrong != nil {
		return s.errorPage(r, *wrong)
	}
	person := s.personOf(r)
	var a reply
	passes, why := s.passesWithoutPage(q, person.ID)
	switch {
	case q.account.Sandbox && !s.Following(q.account.AppID, person.ID):
		return s.errorPage(r, pageFailure(pageSandbox, ""))
	case q.scope == scopeBase:
		a = s.callback(r, q, person.ID, false)
	case passes:
		a = s.callback(r, q, person.ID, false)
		if a.why == (timeline.Words{}) && a.location != "" {
			back := redirectWords(a.location)
			a.why = timeline.Words{ZH: why.ZH + "；" + back.ZH, EN: why.EN + "; " + back.EN}
		}
	default:
		a = s.consent(r, q)
	}
	a.warning = q.warning
	return a
}

// passesWithoutPage says whether a request for nickname and avatar needs no
// consent page, and why. forcePopup shows the page to a person who agreed lately, and
// changes nothing for a follower who comes from the account's menu (特殊场景静默授权).
func (s *Sim) passesWithoutPage(q request, personID string) (passes bool, why timeline.Words) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.snapshot[personID] || q.scope != scopeUserInfo {
		return false, timeline.Words{}
	}
	byMenu := s.fromMenu[personID] || now.Before(s.menuUntil[personID])
	delete(s.menuUntil, personID)
	if _, follows := s.states[q.account.AppID].followers[personID]; follows && byMenu {
		return true, timeline.Words{ZH: "关注者从菜单进入，不显示授权页", EN: "no consent page, because a follower came from the menu"}
	}
	if !q.forcePopup && now.Before(s.agreed[q.account.AppID+" "+personID]) {
		return true, timeline.Words{ZH: "最近同意过，不显示授权页", EN: "no consent page, because the person agreed lately"}
	}
	return false, timeline.Words{}
}

// menuLife is how long an entry by the page's menu button counts: until the person's
// next login with nickname and avatar, and not longer.
const menuLife = 2 * time.Minute

// enterFrom notes how a person enters the application this time.
func (s *Sim) enterFrom(personID string, menu bool) {
	until := s.now().Add(menuLife)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.menuUntil, personID)
	if menu {
		s.menuUntil[personID] = until
	}
}

// SetFromMenu makes a person open links from the account's menu or chat from
// now on. Then snsapi_userinfo shows no consent page to them while they follow
// the account (网页授权, 特殊场景下的静默授权).
func (s *Sim) SetFromMenu(personID string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.fromMenu[personID] = true
	} else {
		delete(s.fromMenu, personID)
	}
}

// SetAgreed makes a person one who agreed lately (近期登录过免授权): for as long as
// Config.RememberConsent says, or an hour if it is 0, snsapi_userinfo shows no
// consent page. false takes that back. The error names an unknown account or
// person.
func (s *Sim) SetAgreed(appID, personID string, on bool) error {
	if err := s.knows(appID, personID); err != nil {
		return err
	}
	life := s.cfg.RememberConsent
	if life == 0 {
		life = time.Hour
	}
	until := s.now().Add(life)
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.agreed[appID+" "+personID] = until
	} else {
		delete(s.agreed, appID+" "+personID)
	}
	return nil
}

// isWeChat leaves WeCom out: its browser names MicroMessenger as well, so
// wxwork decides.
func isWeChat(userAgent string) bool {
	ua := strings.ToLower(userAgent)
	return strings.Contains(ua, "micromessenger") && !strings.Contains(ua, "wxwork")
}

// isDesktopWeChat says whether a browser is the desktop client's, which
// compares the link with the documented pattern. Its Linux build names
// WindowsWechat, too.
func isDesktopWeChat(userAgent string) bool {
	ua := strings.ToLower(userAgent)
	return isWeChat(ua) && (strings.Contains(ua, "windowswechat") || strings.Contains(ua, "macwechat") || strings.Contains(ua, "unifiedpc"))
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
	if account.Website {
		return fail(pageFailure(pageWebsite, ""))
	}
	account = s.current(account)
	if l.value["redirect_uri"] == "" {
		return fail(pageFailure(pageNoRedirect, ""))
	}
	registered, component := account, l.value["component_appid"]
	if component != "" && len(s.platforms) > 0 {
		if wrong := s.failPlatform(component, account.AppID); wrong != nil {
			return fail(*wrong)
		}
		registered = s.platforms[component].domainsOf(account)
	}
	if !redirectFits(l.value["redirect_uri"], registered, s.cfg.StrictPort) {
		return fail(failRedirect(l.value["redirect_uri"], registered, s.cfg.StrictPort))
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
	if len(l.value["state"]) > maxState {
		return fail(failStateLong(len(l.value["state"])))
	}
	q := request{account: account, redirect: l.value["redirect_uri"], scope: l.value["scope"], state: l.raw["state"],
		component: component, forcePopup: l.value["forcePopup"] == "true",
		forceSnapshot: l.value["forceSnapShot"] == "true", origin: origin(r), again: r.URL.Path + "?" + r.URL.RawQuery}
	s.sawApp(account.AppID, q.redirect)
	if name := l.misplaced(); name != "" && !s.cfg.AnyOrder {
		if isDesktopWeChat(r.UserAgent()) {
			return fail(failOrder(name))
		}
		q.warning = "order: desktop WeChat refuses this link, the parameter out of place is " + shownName(name)
	}
	return q, nil
}

// shownName is a parameter's name in a header: names come from the link.
func shownName(name string) string {
	if !isID(name) {
		return "not a name"
	}
	return name
}
