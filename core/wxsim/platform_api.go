package wxsim

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"time"
)

// Paths of a platform's calls and pages.
const (
	PathComponentToken   = "/cgi-bin/component/api_component_token"
	PathPreAuthCode      = "/cgi-bin/component/api_create_preauthcode"
	PathQueryAuth        = "/cgi-bin/component/api_query_auth"
	PathAuthorizerToken  = "/cgi-bin/component/api_authorizer_token"
	PathAuthorizerInfo   = "/cgi-bin/component/api_get_authorizer_info"
	PathAuthorizerList   = "/cgi-bin/component/api_get_authorizer_list"
	PathStartPushTicket  = "/cgi-bin/component/api_start_push_ticket"
	PathComponentLogin   = "/cgi-bin/componentloginpage"         // consent on a computer
	PathBindComponent    = "/wxaopen/safe/bindcomponent"         // consent on a phone
	PathOldBindComponent = "/safe/bindcomponent"                 // the same, at its older path
	PathComponentReply   = "/wxaopen/safe/bindcomponent_confirm" // the form of the consent page

	PathComponentAccessToken  = "/sns/oauth2/component/access_token"
	PathComponentRefreshToken = "/sns/oauth2/component/refresh_token"
)

// Lifetimes of a platform's codes and tokens.
const (
	verifyTicketLife = 12 * time.Hour // component_verify_ticket, "有效时间为12小时"
	preAuthCodeLife  = 600 * time.Second
	authCodeLife     = 3600 * time.Second
	componentLife    = 7200 * time.Second
)

// componentRoutes are the endpoints of a platform.
func (s *Sim) componentRoutes() map[string]route {
	const get, post = http.MethodGet, http.MethodPost
	out := map[string]route{
		PathComponentLogin:   {pageRoute, []string{get}, func(r *http.Request) reply { return s.componentLogin(r, false) }},
		PathBindComponent:    {pageRoute, []string{get}, func(r *http.Request) reply { return s.componentLogin(r, true) }},
		PathOldBindComponent: {pageRoute, []string{get}, func(r *http.Request) reply { return s.componentLogin(r, true) }},
		PathComponentReply:   {pageRoute, []string{post}, s.componentReply},

		PathComponentAccessToken:  {snsRoute, []string{get, post}, s.componentExchange},
		PathComponentRefreshToken: {snsRoute, []string{get}, s.componentRenew},
	}
	for path, handle := range map[string]func(*http.Request) reply{
		PathComponentToken: s.componentToken, PathStartPushTicket: s.startPushTicket, PathPreAuthCode: s.preAuthCode,
		PathQueryAuth: s.queryAuth, PathAuthorizerToken: s.authorizerToken, PathAuthorizerInfo: s.authorizerInfo, PathAuthorizerList: s.authorizerList,
	} {
		out[path] = route{cgiRoute, []string{post}, handle}
	}
	return out
}

// componentBody are the fields of all bodies of a platform's calls.
type componentBody struct {
	AppID        string `json:"component_appid"`
	Secret       string `json:"component_appsecret"`
	SecretAgain  string `json:"component_secret"` // its name in api_start_push_ticket
	Ticket       string `json:"component_verify_ticket"`
	Code         string `json:"authorization_code"`
	Account      string `json:"authorizer_appid"`
	RefreshToken string `json:"authorizer_refresh_token"`
	Offset       int    `json:"offset"`
	Count        int    `json:"count"`
}

// platformBySecret checks a call that is signed by the platform's secret.
func (s *Sim) platformBySecret(r *http.Request, appID, secret string) (Platform, int) {
	p, known := s.platforms[appID]
	switch {
	case appID == "":
		return p, codeNoComponent
	case !known:
		return p, codeComponent
	case !s.platformIP(r, appID):
		return p, codeComponentIP
	case secret == "":
		return p, codeNoSecret
	case subtle.ConstantTimeCompare([]byte(secret), []byte(p.Secret)) == 0:
		return p, codeSecret
	}
	return p, 0
}

func (s *Sim) platformIP(r *http.Request, appID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return ipIn(r, s.platformStates[appID].ips)
}

// componentToken gives a component_access_token for the newest tickets. The token
// before it goes on working for five minutes.
func (s *Sim) componentToken(r *http.Request) reply {
	var in componentBody
	if wrong := readJSON(r, &in); wrong != 0 {
		return s.cgiError(wrong)
	}
	p, wrong := s.platformBySecret(r, in.AppID, in.Secret)
	if wrong != 0 {
		return s.cgiError(wrong)
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.platformStates[p.AppID]
	at := slices.IndexFunc(b.tickets, func(t issuedTicket) bool { return t.text == in.Ticket })
	switch {
	case at < 0:
		return s.cgiError(codeTicket)
	case now.Sub(b.tickets[at].at) >= verifyTicketLife:
		return s.cgiError(codeTicketExpired)
	}
	if b.token != nil {
		b.token.replaced = now.Add(overlap)
	}
	b.older, b.token = b.token, &componentToken{text: s.random.accountToken(), expires: now.Add(componentLife)}
	return apiJSON(0, struct {
		Token     string `json:"component_access_token"`
		ExpiresIn int    `json:"expires_in"`
	}{b.token.text, int(componentLife.Seconds())})
}

// startPushTicket makes pushes begin again, one of them at once.
func (s *Sim) startPushTicket(r *http.Request) reply {
	var in componentBody
	if wrong := readJSON(r, &in); wrong != 0 {
		return s.cgiError(wrong)
	}
	if in.SecretAgain == "" {
		in.SecretAgain = in.Secret
	}
	p, wrong := s.platformBySecret(r, in.AppID, in.SecretAgain)
	if wrong != 0 {
		return s.cgiError(wrong)
	}
	s.mu.Lock()
	s.platformStates[p.AppID].mode.LoseTickets = false
	s.mu.Unlock()
	s.PushTicket(r.Context(), p.AppID) // the platform is told by the push, not by this answer
	return apiJSON(0, errorBody{0, "ok"})
}

// componentCaller checks component_access_token and the platform's address, with
// mu held.
func (s *Sim) componentCaller(r *http.Request, now time.Time, appID, token string) (*platformState, int) {
	if appID == "" {
		return nil, codeNoComponent
	}
	b, known := s.platformStates[appID]
	switch {
	case !known:
		return nil, codeComponent
	case token == "":
		return nil, codeNoComponentToken
	case !ipIn(r, b.ips):
		return nil, codeComponentIP
	}
	for _, t := range []*componentToken{b.token, b.older} {
		if t == nil || t.text != token {
			continue
		}
		switch {
		case !t.replaced.IsZero() && !now.Before(t.replaced):
			return nil, codeBadToken
		case !now.Before(t.expires):
			return nil, codeComponentExpired
		}
		return b, 0
	}
	return nil, codeBadToken
}

// componentCall begins a call with component_access_token: it reads the body, locks
// mu and checks the caller. The caller must call unlock in any case.
func (s *Sim) componentCall(r *http.Request) (in componentBody, b *platformState, unlock func(), wrong int) {
	broken := readJSON(r, &in)
	q := r.URL.Query()
	token := q.Get("component_access_token")
	if token == "" {
		token = q.Get("access_token") // newer pages of the documentation name it so
	}
	now := s.now()
	s.mu.Lock()
	if broken != 0 {
		return in, nil, s.mu.Unlock, broken
	}
	b, wrong = s.componentCaller(r, now, in.AppID, token)
	return in, b, s.mu.Unlock, wrong
}
