package wxsim

import (
	"encoding/json"
	"net/http"
	"time"
)

// Sent is a customer message (客服消息) that an application sent.
type Sent struct {
	At      time.Time       `json:"at"`
	AppID   string          `json:"appid"`
	Person  string          `json:"person"`
	MsgType string          `json:"msgtype"`
	Message json.RawMessage `json:"message"` // the whole body
}

// customSend takes a customer message for a follower who wrote within 48 hours, or
// followed, scanned or pressed a menu button within a minute; see allowance.
func (s *Sim) customSend(r *http.Request) reply {
	var body json.RawMessage
	account, unlock, wrong := s.cgiCall(r, &body)
	defer unlock()
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	var in struct {
		ToUser  string `json:"touser"`
		MsgType string `json:"msgtype"`
	}
	if json.Unmarshal(body, &in) != nil || in.MsgType == "" {
		return s.cgiError(codeFormat)
	}
	personID, ok := s.openIDs[account.AppID][in.ToUser]
	if !ok {
		return s.cgiError(codeOpenID)
	}
	state := s.states[account.AppID]
	if _, follows := state.followers[personID]; !follows {
		return s.cgiError(codeNotFollowing)
	}
	if wrong := s.spendAllowance(account.AppID, personID); wrong != 0 {
		return s.cgiError(wrong)
	}
	s.say(account.AppID, personID, customerMessage(in.MsgType, body))
	state.sent = append(state.sent, Sent{s.now(), account.AppID, personID, in.MsgType, body})
	if over := len(state.sent) - maxSent; over > 0 {
		state.sent = state.sent[over:]
	}
	return apiJSON(0, errorBody{0, "ok"})
}

// Sent lists the customer messages that an account sent, oldest first, the last
// hundred at most. An unknown appID has none.
func (s *Sim) Sent(appID string) []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, ok := s.states[appID]
	if !ok {
		return nil
	}
	return append([]Sent(nil), state.sent...)
}
