package wxsim

import (
	"net/http"
	"time"
)

// scanLife is how long a QR code can be scanned. WeChat does not publish its
// time; clones of its page assume five minutes.
const scanLife = 5 * time.Minute

// scanState is how far the scan of a QR code has come.
type scanState int

// The numbers are what the poll answers.
const (
	scanWaiting scanState = 408
	scanScanned scanState = 404
	scanRefused scanState = 403
	scanAllowed scanState = 405
)

// scan is a QR code on somebody's screen. Sim.mu guards what changes.
type scan struct {
	request
	state   scanState
	code    string        // set once allowed
	changed chan struct{} // closed and replaced when state changes
}

type qrPage struct {
	frame
	AppID   string
	Name    string
	Host    string
	UUID    string
	Picture string
	Phone   string // what the QR code says
	Target  string // where the page's script goes with the code
	State   string
	Self    string // self_redirect: "true" keeps the callback inside wxLogin.js's frame
	People  []Person
	Chosen  string
}

// qrConnect answers the link of a website application's scan login with the
// page that shows the QR code. A POST is one of the page's buttons: fast login
// (快速登录), which needs no second device, or a refusal of it.
func (s *Sim) qrConnect(r *http.Request) reply {
	if r.Method == http.MethodPost {
		return s.fastLogin(r)
	}
	q, wrong := s.checkWebsiteLink(r)
	if wrong != nil {
		return s.errorPage(r, *wrong)
	}
	now, uuid := s.now(), "0"+s.random.text(15)
	s.mu.Lock()
	s.scans.put(now, uuid, &scan{request: q, state: scanWaiting, changed: make(chan struct{})}, now.Add(scanLife))
	s.mu.Unlock()
	p := qrPage{frame: newFrame(r), AppID: q.account.AppID, Host: hostOf(q.redirect), UUID: uuid,
		Picture: PathQRCode + uuid, Phone: q.origin + PathConfirm + "?uuid=" + uuid, Target: q.redirect, State: q.state,
		People: s.peopleOf(""), Chosen: s.personOf(r).ID}
	p.NoFollowers = true
	query := r.URL.Query()
	if query.Get("lang") == "en" {
		p.Lang = "en"
	}
	p.Name, p.Self = q.account.nameIn(p.Lang), query.Get("self_redirect")
	a := s.page("qrconnect.html", p)
	a.csp = s.pages.framedCSP
	return a
}

// checkWebsiteLink checks the parameters. They may come in any order: WeChat's
// own wxLogin.js sends another than the documented one, and no response_type.
func (s *Sim) checkWebsiteLink(r *http.Request) (request, *failure) {
	l := parseLink(r.URL.RawQuery)
	fail := func(f failure) (request, *failure) { return request{}, &f }
	account, ok := s.accounts[l.value["appid"]]
	account = s.current(account)
	switch kind := l.value["response_type"]; {
	case !ok:
		return fail(failAppID())
	case !account.Website:
		return fail(failNotWebsite())
	case l.value["scope"] != scopeLogin:
		return fail(failWebsiteScope())
	case !redirectFits(l.value["redirect_uri"], account, s.cfg.StrictPort):
		return fail(failWebsiteRedirect(l.value["redirect_uri"], account, s.cfg.StrictPort))
	case kind != "" && kind != "code":
		return fail(failResponseType())
	case len(l.value["state"]) > maxState:
		return fail(failStateLong(len(l.value["state"])))
	}
	s.sawApp(account.AppID, l.value["redirect_uri"])
	return request{account: account, redirect: l.value["redirect_uri"], scope: scopeLogin, state: l.raw["state"], origin: origin(r),
		again: r.URL.Path + "?" + r.URL.RawQuery}, nil
}

// fastLogin logs the chosen person in on this very browser, as a running
// desktop client does.
func (s *Sim) fastLogin(r *http.Request) reply {
	if crossSite(r) {
		return s.errorPage(r, failCrossSite())
	}
	uuid, now := r.PostFormValue("uuid"), s.now()
	person, ok := s.people[r.PostFormValue("person")]
	if !ok {
		return s.errorPage(r, failPerson())
	}
	s.mu.Lock()
	sc, ok := s.scans.get(now, uuid)
	s.scans.drop(uuid)
	s.mu.Unlock()
	if !ok {
		return s.errorPage(r, failPending())
	}
	var a reply
	if r.PostFormValue("allow") == "1" {
		a = s.callback(r, sc.request, person.ID, false)
	} else {
		a = s.refuse(r, sc.request)
	}
	a.cookie = rememberPerson(r, person.ID)
	return a
}
