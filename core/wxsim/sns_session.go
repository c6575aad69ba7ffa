package wxsim

import "net/http"

// sessionReply is the reply of jscode2session.
type sessionReply struct {
	SessionKey string `json:"session_key"`
	OpenID     string `json:"openid"`
	UnionID    string `json:"unionid,omitempty"`
}

// session turns a mini program's code into a session (小程序登录). A code of a web
// authorisation is 40029 here, as the other way round is 40242.
func (s *Sim) session(r *http.Request) reply {
	q := r.URL.Query()
	account, wrong := s.secretHolder(q.Get("appid"), q.Get("secret"), q.Get("js_code"), q.Get("grant_type"))
	if wrong != 0 {
		return s.apiError(wrong)
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.codes.get(now, q.Get("js_code"))
	switch {
	case !ok || c.appID != account.AppID || !c.miniProgram || c.expired:
		return s.apiError(codeCode)
	case c.used:
		return s.apiError(codeUsed)
	}
	c.used = true
	out := sessionReply{SessionKey: s.random.text(22) + "==", OpenID: c.openID}
	if !account.NoUnionID {
		out.UnionID = unionID(c.personID)
	}
	return apiJSON(0, out)
}
