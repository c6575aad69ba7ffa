package wxsim

import (
	"net/http"
	"time"
)

const ticketLife = 7200 * time.Second

// ticket is a jsapi_ticket or an api_ticket of cards.
type ticket struct {
	text string
	ends time.Time
}

type ticketReply struct {
	errorBody
	Ticket    string `json:"ticket"`
	ExpiresIn int    `json:"expires_in"`
}

// ticket gives the account's ticket of a type, jsapi or wx_card. It is the same
// while it lives, with the seconds that are left.
func (s *Sim) ticket(r *http.Request) reply {
	account, unlock, wrong := s.cgiCall(r, nil)
	defer unlock()
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	kind := r.URL.Query().Get("type")
	if kind != "jsapi" && kind != "wx_card" {
		return s.cgiError(codeArgs) // WeChat documents no code for it
	}
	now, tickets := s.now(), s.states[account.AppID].tickets
	if !now.Before(tickets[kind].ends) {
		tickets[kind] = ticket{s.random.ticket(), now.Add(ticketLife)}
	}
	t := tickets[kind]
	return apiJSON(0, ticketReply{errorBody{0, "ok"}, t.text, int(t.ends.Sub(now).Seconds())})
}
