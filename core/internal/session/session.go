package session

import (
	"fmt"
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// privateLife is the absolute life of a private session: a silent login makes a new
// one cost nothing, so a month.
const privateLife = 30 * 24 * time.Hour

// Sessions keeps one record for one account in scs sessions: in those of the app's own
// manager, or in private ones. It reads records straight from the store, so that a
// request costs one read and leaves nothing behind, and it writes through scs. It is
// safe for concurrent use.
type Sessions struct {
	manager *scs.SessionManager
	memory  *Memory // the store of private sessions; nil with the app's own manager
	key     string  // the session key of the record
	scsKey  any     // the key by which scs finds a loaded session in a context
	inPlace bool    // the manager reads and writes by Codec
	rewrite bool    // sessions in another form than Codec's are to be rewritten
	plain   string  // cookie name over http
	secure  string  // cookie name over https
	notes   vault.Seal
	now     func() time.Time
	rest    atomic.Int64 // see TouchFailed

	renewing    stripes      // see takeSlot
	slots       int          // maxRenewals; fewer where a test tries all orders of commands
	generations *generations // nil without Config.Generations
}

// Stored is a session as it was found.
type Stored struct {
	// Token of the session; "" where there is none, or none that can be read.
	Token string
	// Record as it was written; "" where the session holds none.
	Record string
	// Loaded says that the app's own LoadAndSave is outside and will write the cookie.
	Loaded bool
	// Outdated says that the session was written by scs's default codec, and is to be
	// written anew by Codec.
	Outdated bool
}

// Config is what New needs. Everything but Manager is required.
type Config struct {
	// Manager is the app's own. Default nil: private sessions in this process's memory.
	Manager *scs.SessionManager
	// Codec is the manager's codec, where it is one of this package's. Default nil.
	Codec *Codec
	// AppID names the record.
	AppID string
	// Cookie is the name of the cookie of private sessions, without prefix.
	Cookie string
	// Memory holds the private sessions. Default nil: one of its own. Several accounts
	// may share one.
	Memory *Memory
	// Generations makes EndEverywhere possible. Default false.
	Generations bool
	// Notes seals what is noted in the store about sessions that have ended.
	Notes vault.Seal
	Now   func() time.Time
}

// New starts no goroutine: the owner calls Sweep.
func New(c Config) *Sessions {
	s := &Sessions{manager: c.Manager, key: recordPrefix + c.AppID, notes: c.Notes, now: c.Now}
	if c.Codec != nil {
		s.inPlace, s.rewrite = true, !c.Codec.WriteGob
	}
	if s.manager == nil {
		s.inPlace = true
		if s.memory = c.Memory; s.memory == nil {
			s.memory = NewMemory()
		}
		// Not scs.New, which starts a goroutine that nobody can end cleanly.
		s.manager = &scs.SessionManager{
			Lifetime: privateLife,
			Store:    s.memory,
			Codec:    Codec{},
			Cookie:   scs.SessionCookie{Name: c.Cookie, Persist: true},
		}
	}
	s.renewing.seed, s.slots = maphash.MakeSeed(), maxRenewals
	if c.Generations {
		s.generations = newGenerations()
	}
	s.plain, s.secure = s.manager.Cookie.Name, s.manager.Cookie.Name
	if s.memory != nil {
		s.secure = web.CookieName(s.plain, true)
	}
	s.scsKey = scsContextKey(s.manager)
	return s
}

// PrivateStore is the store of private sessions; nil with the app's own manager.
func (s *Sessions) PrivateStore() *Memory { return s.memory }

// InProcess says that other processes cannot see these sessions: they are private, or in
// the store that scs.New makes.
func (s *Sessions) InProcess() bool { return s.memory != nil || InMemory(s.manager.Store) }

// InMemory says that a store is the one that scs.New makes, in this process's memory.
func InMemory(store scs.Store) bool {
	_, inMemory := store.(*memstore.MemStore)
	return inMemory
}

// Sweep drops what has expired in this process: private sessions, and what is known
// about people who were logged out everywhere.
func (s *Sessions) Sweep(now time.Time) {
	if s.memory != nil {
		s.memory.Sweep(now)
	}
	if s.generations != nil {
		s.generations.sweep(s.now())
	}
}

// Held is how much is kept in this process that Sweep drops once it has expired: private
// sessions, and what is known about people who were logged out everywhere.
func (s *Sessions) Held() (n int) {
	if s.memory != nil {
		n += s.memory.Held()
	}
	if s.generations != nil {
		n += s.generations.len()
	}
	return n
}

// recovered turns a panic of the app's store or codec into an error. The panic's value
// may hold anything, so only its type is told.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("session: panic of type %T", p)
	}
}
