package wxsim

import (
	"net/http"
	"time"
)

// pendingLife is how long a consent page can be answered.
const pendingLife = 10 * time.Minute

type consentPage struct {
	frame
	AppID    string
	Name     string
	Host     string // where the answer goes
	UUID     string
	People   []Person
	Chosen   string
	Snapshot bool // the page is a snapshot page, with its way out
	Refusal  Refusal
}

// closedPage is what a person sees after a refusal that tells the application
// nothing, with ways on.
type closedPage struct {
	frame
	Again string // the same link once more
	Back  string // the root of the application's site
}

// consent shows the page that asks for nickname and avatar. For a snapshot
// request it has two ways on: as the virtual account, which is what WeChat does
// without asking, and 使用完整服务, which leads to an ordinary login.
func (s *Sim) consent(r *http.Request, q request) reply {
	now, uuid, person := s.now(), s.random.text(16), s.personOf(r)
	s.mu.Lock()
	s.pending.put(now, uuid, q, now.Add(pendingLife))
	snapshot := q.forceSnapshot || s.snapshot[person.ID]
	s.mu.Unlock()
	f := newFrame(r)
	return s.page("consent.html", consentPage{
		frame: f, AppID: q.account.AppID, Name: q.account.nameIn(f.Lang), Host: hostOf(q.redirect), UUID: uuid,
		People: s.peopleOf(q.account.AppID), Chosen: person.ID, Snapshot: snapshot, Refusal: s.cfg.Refusal,
	})
}

// authorizeReply answers the consent page's form. The uuid protects it: only
// this page knows it, and it works once.
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
	switch allow := r.PostFormValue("allow"); allow {
	case "1", "full":
		s.rememberConsent(q.account.AppID, person.ID)
		a = s.callback(r, q, person.ID, allow == "full")
	default:
		a = s.refuse(r, q)
	}
	a.cookie = rememberPerson(r, person.ID)
	return a
}

// rememberConsent notes a consent for as long as Config.RememberConsent says.
func (s *Sim) rememberConsent(appID, personID string) {
	if s.cfg.RememberConsent == 0 {
		return
	}
	until := s.now().Add(s.cfg.RememberConsent)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agreed[appID+" "+personID] = until
}

// refuse answers a refusal in the shape that the form asks for, or else in the
// configured one.
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
		return q.refused("")
	case RefuseAuthdeny:
		return q.refused("authdeny")
	}
	a := s.page("closed.html", closedPage{newFrame(r), q.again, rootOf(q.redirect)})
	a.outcome = "closed"
	return a
}
