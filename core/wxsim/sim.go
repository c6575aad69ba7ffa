package wxsim

import (
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

// Limits of what the simulator remembers. Beyond a limit the oldest entry is
// forgotten first, so memory stays flat however long a load test runs.
const (
	maxPending = 1000  // open consent pages, account pages and QR codes, each
	maxCodes   = 20000 // codes
	maxTokens  = 20000 // tokens of each kind
	maxRIDs    = 1000  // error replies that rid/get can explain
	maxSent    = 100   // customer messages kept per account
)

// Sim is the simulator. It is safe for concurrent use and starts no goroutine.
// Make one with [New] or [Start].
type Sim struct {
	cfg       Config
	accounts  map[string]Account
	platforms map[string]Platform
	people    map[string]Person
	openIDs   map[string]map[string]string // AppID to openid to person id
	routes    map[string]route
	pages     *pages
	random    *random
	log       *slog.Logger
	client    *http.Client  // sends pushes and second deliveries
	ahead     atomic.Int64  // how far Advance has moved the clock
	streams   atomic.Int32  // open streams of the live timeline
	closing   chan struct{} // closed by Close
	closed    sync.Once

	mu             sync.Mutex    // guards what follows, held for map work only
	moved          chan struct{} // closed and replaced when the clock jumps or Reset runs
	pending        *boundedMap[request]
	scans          *boundedMap[*scan]
	visits         *boundedMap[visit]
	notices        *boundedMap[notice]
	codes          *boundedMap[*code]
	access         *boundedMap[*accessToken]
	refresh        *boundedMap[*refreshToken]
	core           *boundedMap[*accountToken]
	rids           *boundedMap[ridRecord]
	states         map[string]*accountState  // by AppID
	platformStates map[string]*platformState // by AppID
	consents       *boundedMap[consentToPlatform]
	latest         map[string]string    // account and openid to the refresh token in force
	agreed         map[string]time.Time // account and person to the end of a recent consent
	snapshot       map[string]bool      // person ids
	fromMenu       map[string]bool      // person ids
	menuUntil      map[string]time.Time // person ids that entered by the menu a moment ago
	faults         map[string][]*Fault
	calls          map[string]int
	timeline       *timeline.Log
	hider          atomic.Pointer[timeline.Hider]
	about          map[string]about  // by path
	words          map[string]string // openids and unionids, as the timeline shows them
}

// New returns a simulator. The error names everything wrong with cfg.
func New(cfg Config) (*Sim, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg.Accounts = slices.Clone(cfg.Accounts)
	cfg.Platforms = slices.Clone(cfg.Platforms)
	if cfg.People == nil {
		cfg.People = DefaultPeople()
	} else {
		cfg.People = slices.Clone(cfg.People)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Sim{
		cfg:       cfg,
		accounts:  map[string]Account{},
		platforms: map[string]Platform{},
		people:    map[string]Person{},
		openIDs:   map[string]map[string]string{},
		pages:     newPages(),
		random:    newRandom(cfg.Seed),
		log:       cfg.Logger,
		client:    newPushClient(cfg.Transport),
		timeline:  timeline.NewLog(maxTimeline),
		closing:   make(chan struct{}),
	}
	s.routes = s.newRoutes()
	for _, p := range cfg.People {
		s.people[p.ID] = p
	}
	for _, a := range cfg.Accounts {
		s.accounts[a.AppID] = a.complete()
		s.openIDs[a.AppID] = map[string]string{}
		for _, p := range cfg.People {
			s.openIDs[a.AppID][openID(a.AppID, p.ID)] = p.ID
		}
	}
	for _, p := range cfg.Platforms {
		s.platforms[p.AppID] = p.complete()
	}
	s.words, s.about = s.newWords(), endpoints()
	s.setUp()
	return s, nil
}

// setUp sets everything that changes to how it is after New, except the clock.
// The caller holds mu, or is the only one who knows s.
func (s *Sim) setUp() {
	s.moved = make(chan struct{})
	s.pending = newBoundedMap[request](maxPending)
	s.scans = newBoundedMap[*scan](maxPending)
	s.visits = newBoundedMap[visit](maxPending)
	s.codes = newBoundedMap[*code](maxCodes)
	s.access = newBoundedMap[*accessToken](maxTokens)
	s.refresh = newBoundedMap[*refreshToken](maxTokens)
	s.core = newBoundedMap[*accountToken](maxTokens)
	s.rids = newBoundedMap[ridRecord](maxRIDs)
	s.states = map[string]*accountState{}
	for _, a := range s.cfg.Accounts {
		s.states[a.AppID] = newAccountState(a, s.cfg.People, s.now())
	}
	s.platformStates = map[string]*platformState{}
	for _, p := range s.cfg.Platforms {
		s.platformStates[p.AppID] = newPlatformState(p, s.now(), s.random)
	}
	s.consents = newBoundedMap[consentToPlatform](maxPending)
	s.latest = map[string]string{}
	s.agreed = map[string]time.Time{}
	s.snapshot = map[string]bool{}
	s.fromMenu = map[string]bool{}
	s.menuUntil = map[string]time.Time{}
	s.faults = map[string][]*Fault{}
	s.calls = map[string]int{}
	s.notices = newBoundedMap[notice](maxPending)
	s.timeline.Clear()
	s.hider.Store(s.newHider())
}

// Reset takes the simulator back to its start: codes, tokens, followers set
// later, push addresses set later, faults, calls and the moved clock are gone.
// People who poll a QR code are told that it has expired. With Config.Seed the
// sequence goes on: an application that has seen a code never meets it again.
func (s *Sim) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead.Store(0)
	close(s.moved)
	s.setUp()
}
