package wxsim

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// consentToPlatform is the link of a consent page that passed every check.
type consentToPlatform struct {
	platform Platform
	redirect string
	preAuth  string
	account  string // biz_appid, "" for any
}

type platformPage struct {
	frame
	Platform Platform
	Host     string
	UUID     string
	Accounts []Account
	Chosen   string
}

// componentLogin is the page on which an account's administrator agrees that a
// platform acts for the account, on a computer or on a phone.
func (s *Sim) componentLogin(r *http.Request, phone bool) reply {
	if phone && !s.cfg.AnyBrowser && !isWeChat(r.UserAgent()) {
		return s.errorPage(r, failNotWeChat())
	}
	c, wrong := s.checkPlatformLink(r)
	if wrong != nil {
		return s.errorPage(r, *wrong)
	}
	page := platformPage{frame: newFrame(r), Platform: c.platform, Host: hostOf(c.redirect), UUID: s.random.text(16), Chosen: c.account}
	for _, a := range s.cfg.Accounts {
		if a := s.accounts[a.AppID]; !a.Website && (c.account == "" || c.account == a.AppID) {
			page.Accounts = append(page.Accounts, a)
		}
	}
	if page.Chosen == "" && len(page.Accounts) > 0 {
		page.Chosen = page.Accounts[0].AppID
	}
	now := s.now()
	s.mu.Lock()
	s.consents.put(now, page.UUID, c, now.Add(pendingLife))
	s.mu.Unlock()
	return s.page("platform.html", page)
}

func (s *Sim) checkPlatformLink(r *http.Request) (consentToPlatform, *failure) {
	q := r.URL.Query()
	fail := func(word, text, zh, en string) (consentToPlatform, *failure) {
		return consentToPlatform{}, &failure{Word: word, Text: text, ZH: zh, EN: en}
	}
	p, known := s.platforms[q.Get("component_appid")]
	if !known {
		f := failComponent()
		return consentToPlatform{}, &f
	}
	if p.StartDomain != "" {
		from := ""
		if u, err := url.Parse(r.Referer()); err == nil {
			from = u.Hostname()
		}
		if !strings.EqualFold(from, p.StartDomain) {
			return fail("start-domain", "授权入口页所在域名与授权后回调页所在域名不相同，请使用同一域名",
				fmt.Sprintf("授权入口页所在域名：%q，登记的授权发起页域名：%q。必须从该域名的网页上点击链接进入，网页不能设置 Referrer-Policy: no-referrer。", from, p.StartDomain),
				fmt.Sprintf("The page with the link is at %q, the registered 授权发起页域名 is %q. The consent page must be reached by a click on a page there, which must not set Referrer-Policy: no-referrer.", from, p.StartDomain))
		}
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Scheme != "http" && back.Scheme != "https" || back.Host == "" || back.User != nil ||
		p.StartDomain != "" && !strings.EqualFold(back.Hostname(), p.StartDomain) {
		return fail("redirect_uri", "redirect_uri 参数错误", "redirect_uri 必须是授权发起页域名上的完整地址。", "redirect_uri must be a whole address on 授权发起页域名.")
	}
	now := s.now()
	s.mu.Lock()
	_, ok := s.platformStates[p.AppID].preAuth.get(now, q.Get("pre_auth_code"))
	s.mu.Unlock()
	if !ok {
		return fail("pre_auth_code", "预授权码已失效", "pre_auth_code 不存在、已用过，或者超过了 600 秒。", "pre_auth_code is unknown, used, or older than 600 seconds.")
	}
	if biz := q.Get("biz_appid"); biz != "" {
		if _, ok := s.accounts[biz]; !ok {
			f := failAppID()
			return consentToPlatform{}, &f
		}
	}
	return consentToPlatform{p, q.Get("redirect_uri"), q.Get("pre_auth_code"), q.Get("biz_appid")}, nil
}

// componentReply is the consent page's form. The uuid protects it: only this page
// knows it, and it works once.
func (s *Sim) componentReply(r *http.Request) reply {
	now, uuid, appID := s.now(), r.PostFormValue("uuid"), r.PostFormValue("account")
	s.mu.Lock()
	c, ok := s.consents.get(now, uuid)
	s.consents.drop(uuid)
	s.mu.Unlock()
	account, known := s.accounts[appID]
	switch {
	case !ok:
		return s.errorPage(r, failPending())
	case r.PostFormValue("allow") != "1":
		a := s.page("closed.html", closedPage{newFrame(r), "", rootOf(c.redirect)}) // WeChat tells nobody of a refusal
		a.outcome = "closed"
		return a
	case !known || account.Website || c.account != "" && c.account != appID:
		return s.errorPage(r, failAppID())
	}
	code, err := s.connect(r.Context(), c.platform.AppID, appID, c.preAuth, nil)
	if code == "" {
		return textReply(http.StatusBadRequest, err.Error())
	}
	s.mu.Lock()
	without := s.platformStates[c.platform.AppID].mode.WithoutCode
	s.mu.Unlock()
	if without {
		return redirect(c.redirect)
	}
	return redirect(withQuery(c.redirect, "auth_code="+url.QueryEscape(code)+"&expires_in="+fmt.Sprint(int(authCodeLife.Seconds()))))
}

// Connect makes an account's administrator agree that a platform acts for the
// account, without a page, and pushes the event authorized (updateauthorized where
// the account is connected already). It returns the authorization_code, as the
// redirect of the consent page would. permissions are the permission sets granted;
// none means all that logins need. The error names an unknown platform or account, or
// more than 200 permission sets;
// with a code it says that the push was not accepted.
func (s *Sim) Connect(ctx context.Context, componentID, appID string, permissions ...int) (code string, err error) {
	return s.connect(ctx, componentID, appID, "", permissions)
}

// maxPermissions is more than WeChat's list of permission sets has.
const maxPermissions = 200

func (s *Sim) connect(ctx context.Context, componentID, appID, preAuth string, permissions []int) (string, error) {
	account, known := s.accounts[appID]
	if !known || account.Website {
		return "", fmt.Errorf("wxsim: no Official Account with AppID %q", appID)
	}
	if len(permissions) > maxPermissions {
		return "", fmt.Errorf("wxsim: %d permission sets, at most %d are possible", len(permissions), maxPermissions)
	}
	if len(permissions) == 0 {
		permissions = defaultPermissions()
	}
	now, code, what := s.now(), "queryauthcode@@@"+s.random.text(43), "authorized"
	without := false
	err := s.changePlatform(componentID, func(b *platformState) {
		if preAuth != "" {
			b.preAuth.drop(preAuth)
		}
		// A new consent to a connected account replaces its refresh token.
		if b.connected[appID] != nil {
			what = "updateauthorized"
			b.connected[appID].end(now)
		}
		b.connected[appID] = &connection{refresh: s.random.authorizerRefresh(), since: now, permissions: slices.Clone(permissions)}
		b.authCodes.put(now, code, &authCode{appID: appID, permissions: permissions}, now.Add(authCodeLife))
		without = b.mode.WithoutPush
	})
	if err != nil || without {
		return code, err
	}
	m := s.platformEvent(componentID, what)
	m.text("AuthorizerAppid", appID)
	m.text("AuthorizationCode", code)
	m.number("AuthorizationCodeExpiredTime", unix(now.Add(authCodeLife)))
	m.text("PreAuthCode", preAuth)
	return code, s.tellPlatform(ctx, componentID, what, m)
}

// end ends the tokens of a connection.
func (c *connection) end(now time.Time) {
	if c.token != nil {
		c.token.replace(now)
	}
}

// Disconnect makes an account's administrator take the consent back (取消授权) and
// pushes the event unauthorized. Calls for the account answer 61003 from then on,
// and its tokens 40001. The error names an unknown platform, or an account that is
// not connected.
func (s *Sim) Disconnect(ctx context.Context, componentID, appID string) error {
	now, was, without := s.now(), false, false
	err := s.changePlatform(componentID, func(b *platformState) {
		c := b.connected[appID]
		if was = c != nil; was {
			c.end(now)
		}
		delete(b.connected, appID)
		without = b.mode.WithoutPush
	})
	switch {
	case err != nil:
		return err
	case !was:
		return fmt.Errorf("wxsim: %q is not connected to %s", appID, componentID)
	case without:
		return nil
	}
	m := s.platformEvent(componentID, "unauthorized")
	m.text("AuthorizerAppid", appID)
	return s.tellPlatform(ctx, componentID, "unauthorized", m)
}

// ConnectedAccounts are the AppIDs of the accounts that a platform acts for, sorted.
func (s *Sim) ConnectedAccounts(componentID string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.platformStates[componentID]
	if !ok {
		return nil
	}
	return slices.Sorted(maps.Keys(b.connected))
}
