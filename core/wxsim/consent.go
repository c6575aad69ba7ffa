package wxsim

import (
	"net/http"
	"time"
)

// pendingLife is how long a consent page can be answered.
const pendingLife = 10 * time.Minute

type consentPage struct {
	frame
	AppID   string
	Name    string
	Host    string // where the answer goes
	UUID    string
	People  []Person
	Chosen  string
	Refusal Refusal
}

// consent shows the page that asks for nickname and avatar.
func (s *Sim) consent(r *http.Request, q request) reply {
	now := s.now()
	uuid := randomText(16)
	q.expires = now.Add(pendingLife)
	s.mu.Lock()
	s.pending.put(now, uuid, q, q.expires)
	s.mu.Unlock()
	return s.page("consent.html", consentPage{
		frame: newFrame(r), AppID: q.account.AppID, Name: q.account.Name, Host: hostOf(q.redirect), UUID: uuid,
		People: s.peopleOf(q.account.AppID), Chosen: s.personOf(r).ID, Refusal: s.cfg.Refusal,
	})
}

// authorizeReply answers the consent page's form. The uuid is what protects
// it: nobody else knows one, and each works once.
func (s *Sim) authorizeReply(r *http.Request) reply {
	uuid := r.PostFormValue("uuid")
	person, ok := s.people[r.PostFormValue("person")]
	if !ok {
		return s.errorPage(r, failPerson())
	}
	now := s.now()
	s.mu.Lock()
	q, ok := s.pending.get(now, uuid)
	s.pending.drop(uuid)
	s.mu.Unlock()
	if !ok {
		return s.errorPage(r, failPending())
	}
	var a reply
	if r.PostFormValue("allow") == "1" {
		a = q.answer(s.mint(q.account.AppID, person.ID, q.scope, q.origin))
	} else {
		a = s.refuse(r, q)
	}
	a.cookie = rememberPerson(r, person.ID)
	return a
}

func (s *Sim) refuse(r *http.Request, q request) reply {
	how := s.cfg.Refusal
	switch r.PostFormValue("refuse") {
	case "silent":
		how = RefuseSilently
	case "state":
		how = RefuseStateOnly
	case "authdeny":
		how = RefuseAuthdeny
	}
	switch how {
	case RefuseStateOnly:
		return q.answer("")
	case RefuseAuthdeny:
		return q.answer("authdeny")
	}
	a := s.page("closed.html", newFrame(r))
	a.outcome = "closed"
	return a
}
