package wxsim

import (
	"net/http"
	"time"
)

const (
	accountTokenLife = 7200 * time.Second
	// overlap is how long the older token goes on working: "在5分钟内，
	// 新老access_token都可用" (获取接口调用凭据).
	overlap = 5 * time.Minute
)

// accountToken is an account's own access_token, for the calls of /cgi-bin. A
// person's web token is of another kind.
type accountToken struct {
	text     string
	appID    string
	expires  time.Time
	replaced time.Time // when a newer token takes its place; zero: never
}

// replace makes t end at a time, unless t ends earlier.
func (t *accountToken) replace(at time.Time) {
	if at.Before(t.expires) && (t.replaced.IsZero() || at.Before(t.replaced)) {
		t.replaced = at
	}
}

// wrong is the error code that t is answered with, or 0.
func (t *accountToken) wrong(now time.Time) int {
	switch {
	case !t.replaced.IsZero() && !now.Before(t.replaced):
		return codeBadToken
	case !now.Before(t.expires):
		return codeTokenExpired
	}
	return 0
}

// remaining is expires_in: whole seconds, rounded down.
func (t *accountToken) remaining(now time.Time) int { return int(t.expires.Sub(now).Seconds()) }

// coreTokenReply is the reply of both token endpoints.
type accountTokenReply struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
}

// accountToken mints a token with every call. The one before dies five minutes
// later.
func (s *Sim) accountToken(r *http.Request) reply {
	q := r.URL.Query()
	account, wrong := s.tokenCaller(r, q.Get("appid"), q.Get("secret"), q.Get("grant_type"))
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if wrong := s.spend(now, account.AppID, PathToken); wrong != 0 {
		return s.cgiError(wrong)
	}
	b := s.states[account.AppID]
	if b.minted != nil {
		b.minted.replace(now.Add(overlap))
	}
	b.minted = s.newAccountTokenFor(now, account.AppID)
	return apiJSON(0, accountTokenReply{b.minted.text, b.minted.remaining(now)})
}

// tokenCaller checks a call for a token, in the order that WeChat's own
// endpoints show: address, missing parameters, appid, secret, grant_type.
func (s *Sim) tokenCaller(r *http.Request, appID, secret, grantType string) (Account, int) {
	account, known := s.accounts[appID]
	switch {
	case known && !s.ipAllowed(r, appID):
		return Account{}, codeIP
	case appID == "":
		return Account{}, codeNoAppID
	case secret == "":
		return Account{}, codeNoSecret
	case !known:
		return Account{}, codeAppID
	case !s.isSecret(appID, secret):
		return Account{}, codeSecret
	case grantType != "client_credential":
		return Account{}, codeGrantType
	}
	return account, 0
}

func (s *Sim) newAccountTokenFor(now time.Time, appID string) *accountToken {
	t := &accountToken{text: s.random.accountToken(), appID: appID, expires: now.Add(accountTokenLife)}
	s.core.put(now, t.text, t, t.expires.Add(remember))
	return t
}

// caller checks the access_token of a call to path and counts the call, with
// mu held. Any live token of an account will do, from either endpoint. A
// website application has a token as well, but none of these endpoints.
func (s *Sim) caller(r *http.Request, now time.Time, path string) (Account, int) {
	text := r.URL.Query().Get("access_token")
	if text == "" {
		return Account{}, codeNoToken
	}
	t, ok := s.core.get(now, text)
	if !ok {
		if _, web := s.access.get(now, text); web {
			return Account{}, codeBadToken // a person's web token
		}
		return Account{}, codeForeignToken
	}
	if wrong := t.wrong(now); wrong != 0 {
		return Account{}, wrong
	}
	if !ipIn(r, s.states[t.appID].ips) {
		return Account{}, codeIP
	}
	if s.accounts[t.appID].Website {
		return Account{}, codeUnauthorized
	}
	return s.accounts[t.appID], s.spend(now, t.appID, path)
}

// cgiCall begins a call of /cgi-bin: it reads the JSON body into a struct unless
// that is nil, locks mu and checks the caller. The error code is 0 for none.
// The caller must call unlock in any case.
func (s *Sim) cgiCall(r *http.Request, into any) (account Account, unlock func(), wrong int) {
	broken := 0
	if into != nil {
		broken = readJSON(r, into)
	}
	now := s.now()
	s.mu.Lock()
	account, wrong = s.caller(r, now, r.URL.Path)
	if wrong == 0 {
		wrong = broken
	}
	return account, s.mu.Unlock, wrong
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
