package wxsim

import (
	"net/http"
	"time"
)

// Lifetimes of web tokens (网页授权 第二步, 第三步).
const (
	accessLife  = 7200 * time.Second
	refreshLife = 30 * 24 * time.Hour
	// remember is how long an expired token is answered with 42001. Later it is
	// unknown, 40001.
	remember = 30 * 24 * time.Hour
)

type accessToken struct {
	grant
	expires time.Time
}

type refreshToken struct {
	grant
	access  string // the access token it last gave
	expires time.Time
}

// tokenReply has the fields in WeChat's order.
type tokenReply struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	OpenID       string `json:"openid"`
	Scope        string `json:"scope"`
	Snapshot     int    `json:"is_snapshotuser,omitempty"`
	UnionID      string `json:"unionid,omitempty"`
}

// exchange turns a code into tokens. The order of the checks is WeChat's:
// missing parameters, account, secret, grant_type, code. Parameters may come
// in the query, in a form body, or in both.
func (s *Sim) exchange(r *http.Request) reply {
	r.ParseForm() // a parameter that cannot be parsed counts as missing
	account, wrong := s.secretHolder(r.Form.Get("appid"), r.Form.Get("secret"), r.Form.Get("code"), r.Form.Get("grant_type"))
	if wrong != 0 {
		return s.apiError(wrong)
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.spendMinute(now, account.AppID, PathAccessToken) {
		return s.apiError(codeMinuteQuota)
	}
	g, wrong := s.spendCode(now, r.Form.Get("code"), account.AppID, "")
	if wrong != 0 {
		a := s.apiError(wrong)
		c, ok := s.codes.get(now, r.Form.Get("code"))
		a.faulty = ok && c.byFault
		return a
	}
	return apiJSON(0, s.issue(now, g))
}

// secretHolder checks everything about an exchange but the code's own state.
func (s *Sim) secretHolder(appID, secret, code, grantType string) (Account, int) {
	account, known := s.accounts[appID]
	switch {
	case appID == "":
		return Account{}, codeNoAppID
	case secret == "":
		return Account{}, codeNoSecret
	case code == "":
		return Account{}, codeNoCode
	case !known:
		return Account{}, codeAppID
	case !s.isSecret(appID, secret):
		return Account{}, codeSecret
	case grantType != "authorization_code":
		return Account{}, codeGrantType
	}
	return account, 0
}

// issue makes new tokens, with mu held. It ends the person's earlier
// refresh_token for that account.
func (s *Sim) issue(now time.Time, g grant) tokenReply {
	owner := g.appID + " " + g.openID
	s.refresh.drop(s.latest[owner])
	access, renewal := s.newAccess(now, g), s.random.token()
	s.refresh.put(now, renewal, &refreshToken{g, access, now.Add(refreshLife)}, now.Add(refreshLife+remember))
	s.latest[owner] = renewal
	out := tokenReply{AccessToken: access, ExpiresIn: int(accessLife.Seconds()), RefreshToken: renewal,
		OpenID: g.openID, Scope: g.scope, UnionID: s.unionID(g)}
	if g.snapshot {
		out.Snapshot = 1
	}
	return out
}

func (s *Sim) newAccess(now time.Time, g grant) string {
	text := s.random.token()
	s.access.put(now, text, &accessToken{g, now.Add(accessLife)}, now.Add(accessLife+remember))
	return text
}
