package wxsim

import "net/http"

type homePage struct {
	frame
	Origin   string
	People   []Person
	Chosen   string
	Accounts []Account
	Journal  []call // newest first
	Any      bool
}

// home is the start page: who am I in this browser, and what happened lately.
// A POST chooses the person.
func (s *Sim) home(r *http.Request) reply {
	if r.Method == http.MethodPost {
		return s.choose(r)
	}
	s.mu.Lock()
	journal := make([]call, 0, len(s.journal))
	for i := len(s.journal) - 1; i >= 0; i-- {
		journal = append(journal, s.journal[i])
	}
	s.mu.Unlock()
	return s.page("home.html", homePage{frame: newFrame(r), Origin: origin(r), People: s.cfg.People,
		Chosen: s.personOf(r).ID, Accounts: s.cfg.Accounts, Journal: journal, Any: s.cfg.AnyBrowser})
}

func (s *Sim) choose(r *http.Request) reply {
	// Other sites must not choose for this browser. The Origin header cannot
	// tell, as the pages' Referrer-Policy makes it "null".
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return s.errorPage(r, failCrossSite())
	}
	p, ok := s.people[r.PostFormValue("person")]
	if !ok {
		return s.errorPage(r, failPerson())
	}
	a := redirect("/")
	a.status = http.StatusSeeOther
	a.cookie = rememberPerson(r, p.ID)
	a.outcome = "303"
	return a
}
