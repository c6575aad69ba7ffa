package wxsim

import (
	"net/http"
	"time"
)

const ticketLife = 7200 * time.Second

type ticketReply struct {
	errorBody
	Ticket    string `json:"ticket"`
	ExpiresIn int    `json:"expires_in"`
}

// ticket gives the account's jsapi_ticket, the same while it lives, with the
// seconds that are left.
func (s *Sim) ticket(r *http.Request) reply {
	q := r.URL.Query()
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	account, wrong := s.caller(now, q.Get("access_token"), PathTicket)
	if wrong != 0 {
		return s.coreError(wrong)
	}
	if q.Get("type") != "jsapi" {
		return s.coreError(codeArgs) // WeChat documents no code for it
	}
	b := s.books[account.AppID]
	if !now.Before(b.ticketEnds) {
		b.ticket, b.ticketEnds = newTicket(), now.Add(ticketLife)
	}
	return apiJSON(0, ticketReply{errorBody{0, "ok"}, b.ticket, int(b.ticketEnds.Sub(now).Seconds())})
}
