package wxsim

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

// homePage is the simulator's own page, for people: what templates page/home*.html
// show.
type homePage struct {
	frame
	Origin    string
	Self      string // the page's address with the chosen account
	People    []Person
	Chosen    string
	Me        Person
	Accounts  []homeAccount
	Account   homeAccount // the one that the page is about
	App       homeApp
	Groups    []faultGroup
	Paths     []string
	Waiting   []waitingFault
	Clock     homeClock
	Notice    *notice
	Platforms []homePlatform
	Rows      []homeRow // newest first
	Last      int64     // the newest row
	Any       bool
	Env       string // lines to paste
	Snippets  []Snippet
}

// homeAccount is an account as the page shows it.
type homeAccount struct {
	AppID, Name, Domains, Link string
	Secret                     string // "": not shown
	Website, Chosen, Follows   bool
	Followers                  []string // names
	Menu                       []homeButton
	Chat                       []ChatMessage
	PushURL                    string
	PushHidden                 bool // the address has a query: PushURL shows it without values
	PushSealed, PushToken      bool // what is set
	Snapshot, Menued, Agreed   bool // how the chosen person meets it
}

type homeButton struct {
	Place, Name, Type string
	Sub               []homeButton
}

// homeApp is where the application is.
type homeApp struct {
	URL      string
	QR       qrSVG
	Loopback bool // no phone reaches it
}

type homeClock struct {
	Now   time.Time
	Ahead time.Duration // 0: as the computer's
}

// homeRow is a row of the timeline in the page's language.
type homeRow struct {
	timeline.Entry
	Lang string
}

// home is the simulator's page. A POST presses one of its buttons.
func (s *Sim) home(r *http.Request) reply {
	if r.Method == http.MethodPost {
		return s.press(r)
	}
	q := r.URL.Query()
	me := s.personOf(r)
	p := homePage{frame: newFrame(r), Origin: origin(r), Chosen: me.ID, Me: me, Any: s.cfg.AnyBrowser,
		Paths: faultPaths(), Notice: s.noticeOf(q.Get("notice"))}
	p.Waiting = s.waitingFaults(p.Lang)
	if p.Notice != nil {
		p.Notice.Lang = p.Lang
	}
	p.Clock = homeClock{s.now(), time.Duration(s.ahead.Load()).Round(time.Second)}
	p.Accounts, p.Account = s.homeAccounts(p.Lang, me.ID, q.Get("account"))
	p.People, p.NoFollowers = s.peopleOf(p.Account.AppID), p.Account.Website
	p.Self = "/?account=" + url.QueryEscape(p.Account.AppID)
	p.Platforms = s.homePlatforms(p.Lang, p.Account.AppID)
	p.App = s.homeApp(p.Account.AppID, r.Host)
	p.Groups = faultGroups(p.Lang)
	p.Env, p.Snippets = p.environment(), Snippets()
	rows := s.timeline.Since(0)
	for i := len(rows) - 1; i >= 0; i-- {
		p.Rows = append(p.Rows, homeRow{rows[i], p.Lang})
	}
	if len(rows) > 0 {
		p.Last = rows[len(rows)-1].ID
	}
	a := s.page("home.html", p)
	if lang := q.Get("lang"); lang == "zh" || lang == "en" {
		a.cookie = &http.Cookie{Name: langCookie, Value: lang, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 365 * 24 * 3600}
	}
	return a
}

// homeAccounts are all accounts, and the one that is asked for or else the first.
func (s *Sim) homeAccounts(lang, personID, asked string) (all []homeAccount, chosen homeAccount) {
	if _, ok := s.accounts[asked]; !ok {
		asked = s.cfg.Accounts[0].AppID
	}
	now := s.now()
	for _, configured := range s.cfg.Accounts {
		a := s.current(s.accounts[configured.AppID])
		h := homeAccount{AppID: a.AppID, Name: a.nameIn(lang), Domains: strings.Join(a.domains(), "\n"), Website: a.Website, Chosen: a.AppID == asked}
		if !a.Website {
			h.Link = ProfilePath(a.AppID)
		}
		for _, p := range s.peopleOf(a.AppID) {
			if p.Follows {
				h.Followers = append(h.Followers, p.nameIn(lang))
				h.Follows = h.Follows || p.ID == personID
			}
		}
		if h.Chosen {
			h.Secret = s.secretShown(a.AppID)
			s.mu.Lock()
			state := s.states[a.AppID]
			h.Menu = homeButtons(state.buttons)
			h.PushURL, h.PushSealed, h.PushToken = state.push.url, state.push.key != nil, state.push.token != ""
			if h.PushHidden = strings.Contains(h.PushURL, "?"); h.PushHidden {
				h.PushURL = withoutValues(h.PushURL)
			}
			h.Snapshot, h.Menued = s.snapshot[personID], s.fromMenu[personID]
			h.Agreed = now.Before(s.agreed[a.AppID+" "+personID])
			s.mu.Unlock()
			h.Chat = s.Chat(a.AppID, personID)
			chosen = h
		}
		all = append(all, h)
	}
	return all, chosen
}

func homeButtons(buttons []menuButton) []homeButton {
	var out []homeButton
	for i, b := range buttons {
		h := homeButton{Place: strconv.Itoa(i + 1), Name: b.Name, Type: b.Type}
		for j, sub := range b.Sub {
			h.Sub = append(h.Sub, homeButton{Place: h.Place + "." + strconv.Itoa(j+1), Name: sub.Name, Type: sub.Type})
		}
		out = append(out, h)
	}
	return out
}

// homeApp is where an account's application is, as this browser reaches it.
func (s *Sim) homeApp(appID, host string) homeApp {
	a := s.current(s.accounts[appID])
	address := a.AppURL
	if address == "" {
		s.mu.Lock()
		address = s.states[appID].appURL
		s.mu.Unlock()
	}
	if address == "" {
		address = (&url.URL{Scheme: "http", Host: hostPort(a.Domain), Path: "/"}).String()
	}
	u, err := url.Parse(address)
	if err != nil {
		return homeApp{}
	}
	here, _, err := net.SplitHostPort(host)
	if err != nil {
		here = host
	}
	// Somebody who has opened this page from elsewhere needs the same address for the
	// application: localhost would be the own phone.
	if isLoopback(u.Hostname()) && net.ParseIP(here) != nil && !isLoopback(here) {
		u.Host = hostPort(here) + portOf(u)
	}
	return homeApp{URL: u.String(), QR: drawQR(u.String()), Loopback: isLoopback(u.Hostname())}
}

// withoutValues is an address without the values of its query: they may be secrets
// of the application.
func withoutValues(address string) string {
	base, query, _ := strings.Cut(address, "?")
	var names []string
	for _, part := range strings.Split(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		names = append(names, name+"="+timeline.Hidden)
	}
	return base + "?" + strings.Join(names, "&")
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return ":" + p
	}
	return ""
}

// hostPort puts an IPv6 address into brackets.
func hostPort(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}
