package screen

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/patrickmn/go-cache"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

const (
	// CodeLife is how long a phone can open a code after the screen began to show it. A
	// relayed code has to reach its victim within this time.
	CodeLife = 120 * time.Second
	// ScanLife is how long the person has to answer after the phone has opened the code.
	ScanLife = 120 * time.Second
	// AnswerLife is how long an answer waits for the screen.
	AnswerLife = 5 * time.Minute

	// maxCodes is how many codes one person can open within codesWindow, on each node.
	// It bounds what a logged-in phone can make the server keep.
	maxCodes    = 20
	codesWindow = 10 * time.Minute
)

// ErrTooMany means that a person has opened too many codes in the last minutes.
var ErrTooMany = errors.New("too many codes by one person in ten minutes")

// Config is what New needs. Everything is required.
type Config struct {
	AppID, AppSecret string
	// PreviousSecrets open what other nodes sealed before a reset.
	PreviousSecrets []string
	// Store is shared by all nodes of a site.
	Store scs.Store
	Now   func() time.Time
}

// Codes keeps the notes. It is safe for concurrent use.
type Codes struct {
	appID  string
	store  scs.Store
	notes  *vault.Vault
	now    func() time.Time
	seed   maphash.Seed
	locks  [64]sync.Mutex // one code at a time is changed under its lock
	tries  *cache.Cache   // key -> wrong numbers in this process
	people *cache.Cache   // open id -> codes opened
}

// New starts no goroutine: the owner calls Sweep.
func New(c Config) (*Codes, error) {
	seal, err := vault.NewSeal(c.AppID, c.AppSecret, "screens", c.PreviousSecrets...)
	if err != nil {
		return nil, err
	}
	return &Codes{
		appID: c.AppID, store: c.Store, notes: vault.New(c.Store, seal), now: c.Now, seed: maphash.MakeSeed(),
		tries: cache.New(CodeLife+ScanLife+AnswerLife, 0), people: cache.New(codesWindow, 0),
	}, nil
}

// Sweep drops what is over.
func (c *Codes) Sweep() {
	c.tries.DeleteExpired()
	c.people.DeleteExpired()
}

// Len is how many entries are held in this process beside the store.
func (c *Codes) Len() int { return c.tries.ItemCount() + c.people.ItemCount() }

// Look returns the note about a code; a zero Note where there is none, or where it is
// over. An error means that the store failed.
func (c *Codes) Look(ctx context.Context, name string) (Note, error) {
	b, found, err := c.notes.Get(ctx, c.key(name))
	if err != nil || !found {
		return Note{}, err
	}
	n, ok := decodeNote(b)
	if !ok || c.now().After(n.until) {
		return Note{}, nil
	}
	return n, nil
}

// Scan notes that a person's phone has opened a code. The first person counts: the
// returned note names who it is, and it is unchanged where somebody came before.
func (c *Codes) Scan(ctx context.Context, name, openID, origin string) (Note, error) {
	defer c.lock(name)()
	n, err := c.Look(ctx, name)
	if err != nil || n.State != Untouched {
		return n, err
	}
	if c.opened(openID) > maxCodes {
		return Note{}, ErrTooMany
	}
	n = Note{State: Scanned, OpenID: openID, Origin: origin, until: c.now().Add(ScanLife)}
	claimed, err := c.claim(ctx, "screen first", name, CodeLife+ScanLife)
	if err != nil {
		return Note{}, err
	}
	if !claimed {
		// Another node was a moment faster, and perhaps has not written its note yet.
		if n, err = c.Look(ctx, name); err == nil && n.State == Untouched {
			n = Note{State: Scanned, Origin: origin, until: c.now().Add(ScanLife)}
		}
		return n, err
	}
	return n, c.put(ctx, name, n)
}

// opened counts the codes that a person has opened, this one included.
func (c *Codes) opened(openID string) int {
	_ = c.people.Add(openID, 0, cache.DefaultExpiration) // an error means that it is there
	n, err := c.people.IncrementInt(openID, 1)
	if err != nil {
		return 1 // it has expired between the two
	}
	return n
}

// Allow keeps the answer of the person whose phone came first, and draws the number. A
// second Allow of the same person returns the first one's number.
func (c *Codes) Allow(ctx context.Context, name, openID string, a Answer) (Note, error) {
	defer c.lock(name)()
	n, err := c.Look(ctx, name)
	if err != nil || n.State != Scanned || n.OpenID != openID {
		return n, err
	}
	n.State, n.Number, n.Answer, n.until = Allowed, newNumber(), a, c.now().Add(AnswerLife)
	return n, c.put(ctx, name, n)
}

// Deny ends a code for the person whose phone came first, also after an Allow.
func (c *Codes) Deny(ctx context.Context, name, openID string) (Note, error) {
	defer c.lock(name)()
	n, err := c.Look(ctx, name)
	if err != nil || n.OpenID != openID || n.State != Scanned && n.State != Allowed {
		return n, err
	}
	n = n.over(Denied, c.now().Add(AnswerLife))
	return n, c.put(ctx, name, n)
}

// lock serves one code at a time in this process.
func (c *Codes) lock(name string) (unlock func()) {
	l := &c.locks[maphash.String(c.seed, name)%uint64(len(c.locks))]
	l.Lock()
	return l.Unlock
}

func (c *Codes) key(name string) string { return vault.Key("screen", c.appID, name) }

// put keeps a note for as long as the store's own clock and this process's agree on: the
// note itself says when it is over.
func (c *Codes) put(ctx context.Context, name string, n Note) error {
	return c.notes.Put(ctx, c.key(name), n.encode(), time.Now().Add(n.until.Sub(c.now())+time.Second))
}

// claim takes something for this call alone where the store can, so that first come and
// the number of tries hold for all nodes together. With any other store it succeeds, and
// they hold for each node by itself.
func (c *Codes) claim(ctx context.Context, what, name string, life time.Duration) (bool, error) {
	store, can := c.store.(vault.Claimer)
	if !can {
		return true, nil
	}
	return vault.Claim(ctx, store, vault.Key(what, c.appID, name), time.Now().Add(life))
}
