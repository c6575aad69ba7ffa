package wxsim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

func (s *Sim) preAuthCode(r *http.Request) reply {
	_, b, unlock, wrong := s.componentCall(r)
	defer unlock()
	if wrong != 0 {
		return s.cgiError(wrong)
	}
	now, text := s.now(), "preauthcode@@@"+s.random.text(43)
	b.preAuth.put(now, text, true, now.Add(preAuthCodeLife))
	return apiJSON(0, struct {
		Code      string `json:"pre_auth_code"`
		ExpiresIn int    `json:"expires_in"`
	}{text, int(preAuthCodeLife.Seconds())})
}

// authorizationInfo is what a platform is told of an account that agreed.
type authorizationInfo struct {
	AppID        string         `json:"authorizer_appid"`
	Token        string         `json:"authorizer_access_token,omitempty"`
	ExpiresIn    int            `json:"expires_in,omitempty"`
	RefreshToken string         `json:"authorizer_refresh_token"`
	Permissions  []functionInfo `json:"func_info"`
}

type functionInfo struct {
	Category struct {
		ID int `json:"id"`
	} `json:"funcscope_category"`
}

func functionInfos(ids []int) []functionInfo {
	out := make([]functionInfo, len(ids))
	for i, id := range ids {
		out[i].Category.ID = id
	}
	return out
}

// queryAuth turns an authorization_code into the account's tokens, once.
func (s *Sim) queryAuth(r *http.Request) reply {
	in, b, unlock, wrong := s.componentCall(r)
	defer unlock()
	if wrong != 0 {
		return s.cgiError(wrong)
	}
	now := s.now()
	code, ok := b.authCodes.get(now, in.Code)
	c := b.connected[codeAccount(code)]
	switch {
	case !ok && b.authCodes.items[in.Code] != nil:
		return s.cgiError(codeAuthExpired)
	case !ok || code.used:
		return s.cgiError(codeAuth)
	case c == nil:
		return s.cgiError(codeNotAuthorized)
	}
	code.used = true
	s.newAuthorizerToken(now, code.appID, c)
	return apiJSON(0, struct {
		Info authorizationInfo `json:"authorization_info"`
	}{authorizationInfo{code.appID, c.token.text, c.token.remaining(now), c.refresh, functionInfos(c.permissions)}})
}

func codeAccount(c *authCode) string {
	if c == nil {
		return ""
	}
	return c.appID
}

// newAuthorizerToken mints an authorizer_access_token. The one before it goes on
// working for five minutes.
func (s *Sim) newAuthorizerToken(now time.Time, appID string, c *connection) {
	if c.token != nil {
		c.token.replace(now.Add(overlap))
	}
	c.token = s.newAccountTokenFor(now, appID)
}

func (s *Sim) authorizerToken(r *http.Request) reply {
	in, b, unlock, wrong := s.componentCall(r)
	defer unlock()
	c := connectionOf(b, in.Account)
	switch {
	case wrong != 0:
		return s.cgiError(wrong)
	case c == nil:
		return s.cgiError(codeNotAuthorized)
	case in.RefreshToken == "":
		return s.cgiError(codeNoRefresh)
	case in.RefreshToken != c.refresh:
		return s.cgiError(codeAuthorizerRefresh)
	}
	now := s.now()
	s.newAuthorizerToken(now, in.Account, c)
	return apiJSON(0, struct {
		Token        string `json:"authorizer_access_token"`
		ExpiresIn    int    `json:"expires_in"`
		RefreshToken string `json:"authorizer_refresh_token"`
	}{c.token.text, c.token.remaining(now), c.refresh})
}

func connectionOf(b *platformState, appID string) *connection {
	if b == nil {
		return nil
	}
	return b.connected[appID]
}

// authorizerInfo describes an account that agreed (api_get_authorizer_info).
func (s *Sim) authorizerInfo(r *http.Request) reply {
	in, b, unlock, wrong := s.componentCall(r)
	defer unlock()
	c := connectionOf(b, in.Account)
	switch {
	case wrong != 0:
		return s.cgiError(wrong)
	case c == nil:
		return s.cgiError(codeNotAuthorized)
	}
	type id struct {
		ID int `json:"id"`
	}
	type about struct {
		Nickname   string `json:"nick_name"`
		OriginalID string `json:"user_name"`
		Service    id     `json:"service_type_info"`
		Verify     id     `json:"verify_type_info"`
		Principal  string `json:"principal_name"`
		QRCode     string `json:"qrcode_url"`
	}
	a := s.accounts[in.Account]
	return apiJSON(0, struct {
		Account about             `json:"authorizer_info"`
		Info    authorizationInfo `json:"authorization_info"`
	}{
		about{Nickname: a.Name, OriginalID: a.OriginalID, Service: id{2}, Principal: a.Name, QRCode: "http://mmbiz.qpic.cn/mmbiz_jpg/" + a.OriginalID + "/0"},
		authorizationInfo{AppID: a.AppID, RefreshToken: c.refresh, Permissions: functionInfos(c.permissions)},
	})
}

// authorizerList lists the accounts that agreed, refresh tokens among them: the way
// back for a platform that has lost its store.
func (s *Sim) authorizerList(r *http.Request) reply {
	in, b, unlock, wrong := s.componentCall(r)
	defer unlock()
	if wrong != 0 {
		return s.cgiError(wrong)
	}
	if in.Offset < 0 || in.Count < 1 || in.Count > 500 {
		return s.cgiError(codeArgs)
	}
	type item struct {
		AppID   string `json:"authorizer_appid"`
		Refresh string `json:"refresh_token"`
		Since   int64  `json:"auth_time"`
	}
	all := []item{}
	for appID, c := range b.connected {
		all = append(all, item{appID, c.refresh, c.since.Unix()})
	}
	slices.SortFunc(all, func(a, b item) int { return strings.Compare(a.AppID, b.AppID) })
	from := min(in.Offset, len(all))
	return apiJSON(0, struct {
		Total int    `json:"total_count"`
		List  []item `json:"list"`
	}{len(all), all[from:min(from+in.Count, len(all))]})
}
