package wxsim

import (
	"net/http"
	"net/url"
	"strings"
)

// What the buttons of an account's page send.
const (
	doFollow   = "follow"
	doUnfollow = "unfollow"
	doScan     = "scan"
)

// visit is an account's page in a person's browser.
type visit struct {
	appID    string
	personID string
	back     string // where the browser came from; "" if unknown or not safe
	scene    string // of the QR code that led here, or ""
}

type profilePage struct {
	frame
	AppID   string
	Name    string
	Person  Person
	UUID    string
	Follows bool
	Back    string
	Scene   string
	Done    string // what the last button did: "", doFollow, doUnfollow or doScan
	Told    bool
	Undone  bool   // nothing has changed: the button was pressed too late
	Trouble string // why the push was not delivered
}

// profile is an account's page: its name, and a button to follow it or to
// stop. A POST is one of the buttons.
func (s *Sim) profile(r *http.Request) reply {
	if r.Method == http.MethodPost {
		return s.pressButton(r)
	}
	if !s.cfg.AnyBrowser && !isWeChat(r.UserAgent()) {
		return s.errorPage(r, failNotWeChat())
	}
	if id, ok := strings.CutPrefix(r.URL.Path, qrLinkPrefix); ok {
		appID, scene, ok := s.qrLinkOf(id)
		if !ok {
			return s.errorPage(r, failScan())
		}
		return s.showProfile(r, visit{appID: appID, personID: s.personOf(r).ID, scene: scene}, profilePage{})
	}
	q := r.URL.Query()
	account, ok := s.accounts[q.Get("__biz")]
	if !ok || account.Website {
		return s.errorPage(r, failAppID())
	}
	if q.Get("action") != "home" {
		return s.errorPage(r, failAction())
	}
	v := visit{appID: account.AppID, personID: s.personOf(r).ID, back: wayBack(r, s.current(account))}
	return s.showProfile(r, v, profilePage{})
}

// wayBack is the Referer, if it is a page on the account's registered domain
// and not one of the simulator's.
func wayBack(r *http.Request, a Account) string {
	from := r.Referer()
	u, err := url.Parse(from)
	if err != nil || !redirectFits(from, a, false) || u.Host == r.Host {
		return ""
	}
	return from
}

// pressButton follows or unfollows. As on the consent page the uuid protects it:
// only the page knows it, and it works once.
func (s *Sim) pressButton(r *http.Request) reply {
	if crossSite(r) {
		return s.errorPage(r, failCrossSite())
	}
	uuid, now := r.PostFormValue("uuid"), s.now()
	s.mu.Lock()
	v, ok := s.visits.get(now, uuid)
	s.visits.drop(uuid)
	s.mu.Unlock()
	if !ok {
		return s.errorPage(r, failPending())
	}
	p := profilePage{Done: r.PostFormValue("do")}
	var err error
	switch p.Done {
	case doFollow:
		p.Told, err = s.follow(r.Context(), v.appID, v.personID, sceneProfile)
	case doScan:
		p.Told, err = s.scanScene(r.Context(), v.appID, v.personID, v.scene)
	case doUnfollow:
		p.Told, err = s.unfollow(r.Context(), v.appID, v.personID)
	default:
		return s.errorPage(r, failAction())
	}
	if err != nil {
		p.Undone, p.Trouble = !p.Told, err.Error()
	}
	a := s.showProfile(r, v, p)
	a.outcome = p.outcome()
	return a
}

func (p profilePage) outcome() string {
	switch {
	case p.Undone:
		return "too late"
	case !p.Told:
		return "no push address"
	case p.Trouble != "":
		return "not delivered"
	}
	return "delivered"
}

func (s *Sim) showProfile(r *http.Request, v visit, p profilePage) reply {
	now, uuid := s.now(), s.random.text(16)
	s.mu.Lock()
	s.visits.put(now, uuid, v, now.Add(pendingLife))
	s.mu.Unlock()
	p.frame, p.UUID, p.Back, p.Scene = newFrame(r), uuid, v.back, v.scene
	p.AppID, p.Name = v.appID, s.accounts[v.appID].nameIn(p.Lang)
	p.Person, p.Follows = s.people[v.personID], s.Following(v.appID, v.personID)
	return s.page("profile.html", p)
}

// ProfilePath is the path and query of an account's page, where people follow
// it. Behind the simulator's address it is what an application shows as the
// account's QR code.
func ProfilePath(appID string) string {
	return PathProfile + "?action=home&__biz=" + url.QueryEscape(appID)
}
