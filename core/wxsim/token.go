package wxsim

import (
	"crypto/subtle"
	"net/http"
	"time"
)

// Lifetimes of web tokens (网页授权 第二步, 第三步).
const (
	accessLife  = 7200 * time.Second
	refreshLife = 30 * 24 * time.Hour
	// remember is how long an expired token is still told from an unknown one.
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
	r.ParseForm() // what cannot be parsed counts as missing
	account, known := s.accounts[r.Form.Get("appid")]
	secret := r.Form.Get("secret")
	switch {
	case r.Form.Get("appid") == "":
		return s.apiError(codeNoAppID)
	case secret == "":
		return s.apiError(codeNoSecret)
	case r.Form.Get("code") == "":
		return s.apiError(codeNoCode)
	case !known:
		return s.apiError(codeAppID)
	case subtle.ConstantTimeCompare([]byte(secret), []byte(account.Secret)) == 0:
		return s.apiError(codeSecret)
	case r.Form.Get("grant_type") != "authorization_code":
		return s.apiError(codeGrantType)
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	g, wrong := s.take(now, r.Form.Get("code"), account.AppID)
	if wrong != 0 {
		return s.apiError(wrong)
	}
	return apiJSON(0, s.issue(now, g))
}

// issue makes new tokens, with mu held. The same person's earlier
// refresh_token for that account dies.
func (s *Sim) issue(now time.Time, g grant) tokenReply {
	owner := g.appID + " " + g.openID
	s.refresh.drop(s.latest[owner])
	access, renewal := s.newAccess(now, g), newToken()
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
	text := newToken()
	s.access.put(now, text, &accessToken{g, now.Add(accessLife)}, now.Add(accessLife+remember))
	return text
}
