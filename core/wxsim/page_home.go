package wxsim

import "net/http"

type homePage struct {
	frame
	Origin   string
	People   []Person
	Chosen   string
	Accounts []homeAccount
	Journal  []call // newest first
	Any      bool
}

// homeAccount is a row of the table of accounts.
type homeAccount struct {
	AppID     string
	Name      string
	Domain    string
	Link      string
	Followers []string // nicknames
}

// home is the start page: whose browser this is, and the last calls. A POST
// chooses the person.
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
	return s.page("home.html", homePage{frame: newFrame(r), Origin: origin(r), People: s.peopleOf(""),
		Chosen: s.personOf(r).ID, Accounts: s.homeAccounts(), Journal: journal, Any: s.cfg.AnyBrowser})
}

func (s *Sim) homeAccounts() []homeAccount {
	var out []homeAccount
	for _, a := range s.cfg.Accounts {
		h := homeAccount{AppID: a.AppID, Name: s.accounts[a.AppID].Name, Domain: a.Domain, Link: ProfilePath(a.AppID)}
		if a.Website {
			h.Link = ""
		}
		for _, p := range s.peopleOf(a.AppID) {
			if p.Follows {
				h.Followers = append(h.Followers, p.Nickname)
			}
		}
		out = append(out, h)
	}
	return out
}

// crossSite says whether another site sent a request. The Origin header does not
// tell: the pages' Referrer-Policy makes it "null".
func crossSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return true
}

func (s *Sim) choose(r *http.Request) reply {
	if crossSite(r) { // other sites must not choose for this browser
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
