package wxsim

import "net/http"

// profile has the fields WeChat sends today: since 2021-10-20 sex is 0 and the
// places are empty for everybody (用户信息相关接口调整公告).
type profile struct {
	OpenID     string   `json:"openid"`
	Nickname   string   `json:"nickname"`
	Sex        int      `json:"sex"`
	Language   string   `json:"language"`
	City       string   `json:"city"`
	Province   string   `json:"province"`
	Country    string   `json:"country"`
	HeadImgURL string   `json:"headimgurl"`
	Privilege  []string `json:"privilege"`
	UnionID    string   `json:"unionid,omitempty"`
}

// userinfo returns the profile that belongs to a token of snsapi_userinfo or
// snsapi_login. Any lang is accepted: it translates places only, and those are
// empty.
func (s *Sim) userinfo(r *http.Request) reply {
	g, wrong := s.holder(r)
	if wrong != 0 {
		return s.apiError(wrong)
	}
	if g.scope != scopeUserInfo && g.scope != scopeLogin {
		return s.apiError(codeUnauthorized)
	}
	p := s.people[g.personID]
	if g.snapshot {
		p = Person{Nickname: snapshotName}
	}
	base := g.origin
	if base == "" {
		base = origin(r)
	}
	return apiJSON(0, profile{OpenID: g.openID, Nickname: p.Nickname, HeadImgURL: avatarURL(p, base),
		Privilege: []string{}, UnionID: s.unionID(g)})
}

// auth checks that a token is alive and belongs to openid.
func (s *Sim) auth(r *http.Request) reply {
	if _, wrong := s.holder(r); wrong != 0 {
		return s.apiError(wrong)
	}
	return apiJSON(0, errorBody{0, "ok"})
}

// holder checks access_token and openid, in this order: both are there, the token
// is known, the token is alive, openid is the token's.
func (s *Sim) holder(r *http.Request) (grant, int) {
	q := r.URL.Query()
	if q.Get("access_token") == "" {
		return grant{}, codeNoToken
	}
	if q.Get("openid") == "" {
		return grant{}, codeNoOpenID
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.access.get(now, q.Get("access_token"))
	switch {
	case !ok:
		return grant{}, codeBadToken
	case !now.Before(t.expires):
		return grant{}, codeTokenExpired
	case q.Get("openid") != t.openID:
		return grant{}, codeOpenID
	}
	if !s.spendMinute(now, t.appID, r.URL.Path) {
		return grant{}, codeMinuteQuota
	}
	return t.grant, 0
}
