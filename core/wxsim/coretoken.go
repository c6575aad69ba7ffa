package wxsim

import (
	"crypto/subtle"
	"net/http"
	"time"
)

const (
	coreLife = 7200 * time.Second
	// overlap is how long the older token goes on working: "在5分钟内，
	// 新老access_token都可用" (获取接口调用凭据).
	overlap = 5 * time.Minute
)

// coreToken is an account's own access_token, for the calls of /cgi-bin. It is
// another thing than the web token of a person.
type coreToken struct {
	text     string
	appID    string
	expires  time.Time
	replaced time.Time // from when on a newer one counts alone; zero: never
}

// replace ends t at a time, unless it ends before that anyway.
func (t *coreToken) replace(at time.Time) {
	if at.Before(t.expires) && (t.replaced.IsZero() || at.Before(t.replaced)) {
		t.replaced = at
	}
}

// wrong is the error code t earns, or 0.
func (t *coreToken) wrong(now time.Time) int {
	switch {
	case !t.replaced.IsZero() && !now.Before(t.replaced):
		return codeBadToken
	case !now.Before(t.expires):
		return codeTokenExpired
	}
	return 0
}

// remaining is expires_in: whole seconds, rounded down.
func (t *coreToken) remaining(now time.Time) int { return int(t.expires.Sub(now).Seconds()) }

// coreTokenReply is the reply of both token endpoints.
type coreTokenReply struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
}

// coreToken mints a token with every call; the one before dies five minutes
// later.
func (s *Sim) coreToken(r *http.Request) reply {
	q := r.URL.Query()
	account, wrong := s.asker(q.Get("appid"), q.Get("secret"), q.Get("grant_type"))
	if wrong != 0 {
		return s.coreError(wrong)
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.spend(now, account.AppID, PathToken) {
		return s.coreError(codeQuota)
	}
	b := s.books[account.AppID]
	if b.minted != nil {
		b.minted.replace(now.Add(overlap))
	}
	b.minted = s.newCore(now, account.AppID)
	return apiJSON(0, coreTokenReply{b.minted.text, b.minted.remaining(now)})
}

// asker checks who asks for a token, in the order of the code exchange.
func (s *Sim) asker(appID, secret, grantType string) (Account, int) {
	account, known := s.accounts[appID]
	switch {
	case appID == "":
		return Account{}, codeNoAppID
	case secret == "":
		return Account{}, codeNoSecret
	case !known:
		return Account{}, codeAppID
	case subtle.ConstantTimeCompare([]byte(secret), []byte(account.Secret)) == 0:
		return Account{}, codeSecret
	case grantType != "client_credential":
		return Account{}, codeGrantType
	}
	return account, 0
}

func (s *Sim) newCore(now time.Time, appID string) *coreToken {
	t := &coreToken{text: newCoreToken(), appID: appID, expires: now.Add(coreLife)}
	s.core.put(now, t.text, t, t.expires.Add(remember))
	return t
}

// caller checks the access_token of a call to path and counts the call, with
// mu held. Any live token of an account will do, whichever endpoint it is of.
func (s *Sim) caller(now time.Time, text, path string) (Account, int) {
	if text == "" {
		return Account{}, codeNoToken
	}
	t, ok := s.core.get(now, text)
	if !ok {
		if _, web := s.access.get(now, text); web {
			return Account{}, codeBadToken // a person's web token, no account's
		}
		return Account{}, codeForeignToken
	}
	if wrong := t.wrong(now); wrong != 0 {
		return Account{}, wrong
	}
	if !s.spend(now, t.appID, path) {
		return Account{}, codeQuota
	}
	return s.accounts[t.appID], 0
}

// ExpireTokens makes every live account token of appID, of either endpoint,
// answer 40001 from now on, as if another node had asked for newer ones. The
// token endpoints then give new ones. An unknown appID has none.
func (s *Sim) ExpireTokens(appID string) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, item := range s.core.items {
		if item.value.appID == appID {
			item.value.replace(now)
		}
	}
}
