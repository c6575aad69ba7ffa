package wxsim

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// forceGap is how far apart two calls with force_refresh must be to both do
// something (获取稳定版接口调用凭据, "两次调用间隔不少于30s").
const forceGap = 30 * time.Second

type stableRequest struct {
	GrantType    string `json:"grant_type"`
	AppID        string `json:"appid"`
	Secret       string `json:"secret"`
	ForceRefresh bool   `json:"force_refresh"`
}

// stableToken gives every caller the same token while it lives, with the seconds
// that are left. In its last five minutes it gives the next one, and both work,
// so expires_in is never below 300. The tokens of PathToken are separate:
// neither endpoint touches the other's.
func (s *Sim) stableToken(r *http.Request) reply {
	var in stableRequest
	if wrong := readJSON(r, &in); wrong != 0 {
		return s.cgiError(wrong)
	}
	account, wrong := s.tokenCaller(r, in.AppID, in.Secret, in.GrantType)
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if wrong := s.spend(now, account.AppID, PathStableToken); wrong != 0 {
		return s.cgiError(wrong)
	}
	b := s.states[account.AppID]
	switch {
	case in.ForceRefresh && s.mayForce(now, account.AppID):
		s.endStable(now, b)
		b.stable = s.newAccountTokenFor(now, account.AppID)
	case b.stable != nil && b.stable.wrong(now) == 0 && b.stable.expires.Sub(now) > overlap:
	default:
		b.older, b.stable = b.stable, s.newAccountTokenFor(now, account.AppID)
	}
	return apiJSON(0, accountTokenReply{b.stable.text, b.stable.remaining(now)})
}

// endStable ends the current token and the one before it.
func (s *Sim) endStable(now time.Time, b *accountState) {
	for _, t := range []*accountToken{b.older, b.stable} {
		if t != nil {
			t.replace(now)
		}
	}
	b.older = nil
}

// mayForce uses up one of the day's forced refreshes, with mu held. After twenty
// a day, or less than 30 seconds after the last, the call counts as a plain one.
func (s *Sim) mayForce(now time.Time, appID string) bool {
	b := s.states[appID]
	if !b.forced.IsZero() && now.Sub(b.forced) < forceGap || s.spend(now, appID, usedForces) != 0 {
		return false
	}
	b.forced = now
	return true
}

// readJSON reads a body that is JSON, whatever its Content-Type says.
func readJSON(r *http.Request, into any) int {
	raw, err := io.ReadAll(r.Body)
	if err == nil && len(raw) == 0 {
		return codeNoBody
	}
	if err != nil || json.Unmarshal(raw, into) != nil {
		return codeFormat
	}
	return 0
}
