package wxsim

import "net/http"

// renewReply is the reply of refresh_token: no unionid, no is_snapshotuser.
type renewReply struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	OpenID       string `json:"openid"`
	Scope        string `json:"scope"`
}

// renew extends an access token that is alive, and replaces an expired one
// (网页授权 第三步). The refresh_token stays the same and its 30 days do
// not start anew.
func (s *Sim) renew(r *http.Request) reply {
	q := r.URL.Query()
	account, known := s.accounts[q.Get("appid")]
	switch {
	case q.Get("appid") == "":
		return s.apiError(codeNoAppID)
	case q.Get("refresh_token") == "":
		return s.apiError(codeNoRefresh)
	case !known:
		return s.apiError(codeAppID)
	case q.Get("grant_type") != "refresh_token":
		return s.apiError(codeGrantType)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.renewFor(account, "", q.Get("refresh_token"))
}

// renewFor renews a token of an account, with mu held. component is the platform
// that asks, or "".
func (s *Sim) renewFor(account Account, component, refreshToken string) reply {
	now := s.now()
	if !s.spendMinute(now, account.AppID, PathRefreshToken) {
		return s.apiError(codeMinuteQuota)
	}
	t, ok := s.refresh.get(now, refreshToken)
	if !ok || t.appID != account.AppID || t.component != component {
		return s.apiError(codeRefresh)
	}
	if !now.Before(t.expires) {
		return s.apiError(codeRefreshExpired)
	}
	if a, ok := s.access.get(now, t.access); ok && now.Before(a.expires) {
		a.expires = now.Add(accessLife)
		s.access.extend(t.access, a.expires.Add(remember))
	} else {
		t.access = s.newAccess(now, t.grant)
	}
	return apiJSON(0, renewReply{AccessToken: t.access, ExpiresIn: int(accessLife.Seconds()),
		RefreshToken: refreshToken, OpenID: t.openID, Scope: t.scope})
}
