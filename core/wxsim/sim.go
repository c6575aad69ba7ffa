package wxsim

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The paths the simulator answers, for [Sim.Calls] and [Sim.Fail].
const (
	PathAuthorize      = "/connect/oauth2/authorize"
	PathAuthorizeReply = "/connect/oauth2/authorize_reply"
	PathAccessToken    = "/sns/oauth2/access_token"
	PathRefreshToken   = "/sns/oauth2/refresh_token"
	PathAuth           = "/sns/auth"
	PathUserInfo       = "/sns/userinfo"
	PathToken          = "/cgi-bin/token"
	PathStableToken    = "/cgi-bin/stable_token"
	PathFollower       = "/cgi-bin/user/info"
	PathFollowers      = "/cgi-bin/user/info/batchget"
	PathTicket         = "/cgi-bin/ticket/getticket"
	PathProfile        = "/mp/profile_ext"
)

// Bounds of what is remembered. A laptop comes nowhere near; a load test that
// does loses the oldest entries first.
const (
	maxPending = 1000
	maxCodes   = 20000
	maxTokens  = 20000
	maxBody    = 64 << 10 // bytes of a request body
)

// Sim is the simulator. It is safe for concurrent use and starts no goroutine.
// Make one with [New] or [Start].
type Sim struct {
	cfg      Config
	accounts map[string]Account
	people   map[string]Person
	openIDs  map[string]map[string]string // AppID to openid to person id
	pages    *pages
	log      *slog.Logger
	client   *http.Client // sends pushes

	mu       sync.Mutex // guards what follows, held for map work only
	pending  *shelf[request]
	codes    *shelf[*code]
	access   *shelf[*accessToken]
	refresh  *shelf[*refreshToken]
	core     *shelf[*coreToken]
	visits   *shelf[visit]
	books    map[string]*book  // AppID to what changes of the account
	latest   map[string]string // account and openid to the refresh token in force
	snapshot map[string]bool   // person ids
	faults   map[string][]*Fault
	calls    map[string]int
	journal  []call
}

// New returns a simulator. The error names everything wrong with cfg.
func New(cfg Config) (*Sim, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg.Accounts = append([]Account(nil), cfg.Accounts...)
	if cfg.People == nil {
		cfg.People = DefaultPeople()
	} else {
		cfg.People = append([]Person(nil), cfg.People...)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Sim{
		cfg:      cfg,
		accounts: map[string]Account{},
		people:   map[string]Person{},
		openIDs:  map[string]map[string]string{},
		pages:    newPages(),
		log:      cfg.Logger,
		client:   newPushClient(),
		pending:  newShelf[request](maxPending),
		codes:    newShelf[*code](maxCodes),
		access:   newShelf[*accessToken](maxTokens),
		refresh:  newShelf[*refreshToken](maxTokens),
		core:     newShelf[*coreToken](maxTokens),
		visits:   newShelf[visit](maxPending),
		books:    map[string]*book{},
		latest:   map[string]string{},
		snapshot: map[string]bool{},
		faults:   map[string][]*Fault{},
		calls:    map[string]int{},
	}
	for _, p := range cfg.People {
		s.people[p.ID] = p
	}
	for _, a := range cfg.Accounts {
		s.accounts[a.AppID] = a.complete()
		s.books[a.AppID] = newBook(a, cfg.People, cfg.Now())
		s.openIDs[a.AppID] = map[string]string{}
		for _, p := range cfg.People {
			s.openIDs[a.AppID][openID(a.AppID, p.ID)] = p.ID
		}
	}
	return s, nil
}

func (s *Sim) now() time.Time { return s.cfg.Now() }

// ServeHTTP answers one request as WeChat would.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	// Counted before it is answered: who has the answer sees the count.
	fault := s.begin(r.URL.Path)
	var a reply
	if fault == nil {
		a = s.route(r)
	} else {
		a = s.fail(r, fault)
	}
	s.record(r, a.outcome)
	a.write(w)
}

func (s *Sim) route(r *http.Request) reply {
	switch r.URL.Path {
	case PathAuthorize:
		return allow(r, s.authorize, http.MethodGet)
	case PathAuthorizeReply:
		return allow(r, s.authorizeReply, http.MethodPost)
	case PathAccessToken:
		return s.api(r, s.exchange, http.MethodGet, http.MethodPost)
	case PathRefreshToken:
		return s.api(r, s.renew, http.MethodGet)
	case PathAuth:
		return s.api(r, s.auth, http.MethodGet)
	case PathUserInfo:
		return s.api(r, s.userinfo, http.MethodGet)
	case PathToken:
		return s.coreAPI(r, s.coreToken, http.MethodGet)
	case PathStableToken:
		return s.coreAPI(r, s.stableToken, http.MethodPost)
	case PathFollower:
		return s.coreAPI(r, s.follower, http.MethodGet)
	case PathFollowers:
		return s.coreAPI(r, s.followers, http.MethodPost)
	case PathTicket:
		return s.coreAPI(r, s.ticket, http.MethodGet)
	case PathProfile:
		return allow(r, s.profile, http.MethodGet, http.MethodPost)
	case "/":
		return allow(r, s.home, http.MethodGet, http.MethodPost)
	}
	if strings.HasPrefix(r.URL.Path, avatarPrefix) {
		return allow(r, s.avatar, http.MethodGet)
	}
	return reply{status: http.StatusNotFound, contentType: "text/plain; charset=utf-8",
		body: []byte("wxsim: no such path\n"), outcome: "404"}
}

// api answers a wrong method with WeChat's error code.
func (s *Sim) api(r *http.Request, handle func(*http.Request) reply, methods ...string) reply {
	for _, m := range methods {
		if r.Method == m {
			return handle(r)
		}
	}
	return s.apiError(codeWantGet)
}

// coreAPI does so for the endpoints of /cgi-bin, which take one method each.
func (s *Sim) coreAPI(r *http.Request, handle func(*http.Request) reply, method string) reply {
	switch {
	case r.Method == method:
		return handle(r)
	case method == http.MethodPost:
		return s.coreError(codeWantPost)
	}
	return s.coreError(codeWantGet)
}

// allow answers a wrong method with 405.
func allow(r *http.Request, handle func(*http.Request) reply, methods ...string) reply {
	for _, m := range methods {
		if r.Method == m {
			return handle(r)
		}
	}
	return reply{status: http.StatusMethodNotAllowed, allow: strings.Join(methods, ", "),
		contentType: "text/plain; charset=utf-8", body: []byte("wxsim: method not allowed\n"), outcome: "405"}
}
