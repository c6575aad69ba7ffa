package follow

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/patrickmn/go-cache"
	"golang.org/x/sync/singleflight"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

const (
	// YesLife is how long a "yes" is remembered.
	YesLife = 5 * time.Minute
	// NoLife is short, so that a visitor who has just followed gets in; user/info may be
	// called 500,000 times a day.
	NoLife = 3 * time.Second
	// LookAgain is how often a node looks into the shared store, where other nodes may
	// have noted a message.
	LookAgain = 5 * time.Second
	// LookUpTimeout bounds one look-up at WeChat.
	LookUpTimeout = 5 * time.Second
	// FreshMessage is how old a message may be to be believed. An older one was on its
	// way for long, or it is a repeat: by now something else may be true.
	FreshMessage = 5 * time.Second
	// noteLife is how long what is known of a person is kept: beyond its own life, so
	// that neither a look-up under way nor an earlier message that comes later undoes
	// what a message told.
	noteLife = 10 * time.Minute
)

// Config is what New needs. All but Store is required.
type Config struct {
	AppID, AppSecret string
	// Store shares what is known with other nodes. Default nil: this process's memory.
	Store scs.Store
	// LookUp asks WeChat whether a person follows the account. It must not panic.
	LookUp func(ctx context.Context, openID string) (follows bool, err error)
	// MaxLookUps is how many look-ups one process makes at once.
	MaxLookUps int
	Now        func() time.Time
	// Lifetime ends every look-up under way.
	Lifetime context.Context
}

// Followers knows who follows the account: from look-ups at WeChat, and from the
// messages that tell of a change. It is safe for concurrent use.
type Followers struct {
	config  Config
	flights singleflight.Group
	places  chan struct{}
	shared  *vault.Vault // nil without Config.Store

	mu    sync.Mutex // a look-up and a message may come at once
	local *cache.Cache
}

// New starts no goroutine: the owner calls Sweep.
func New(c Config) (*Followers, error) {
	seal, err := vault.NewSeal(c.AppID, c.AppSecret, "followers")
	if err != nil {
		return nil, err
	}
	return &Followers{
		config: c, places: make(chan struct{}, c.MaxLookUps),
		shared: vault.New(c.Store, seal), local: cache.New(noteLife, 0),
	}, nil
}

// Sweep drops what is over.
func (f *Followers) Sweep() { f.local.DeleteExpired() }

// Len is how many people are held in this process.
func (f *Followers) Len() int { return f.local.ItemCount() }

// KnownToFollow reports that a person is known to follow, without asking WeChat or the
// shared store.
func (f *Followers) KnownToFollow(openID string) bool {
	s, ok := f.seen(openID)
	return ok && s.err == nil && s.follows
}

// Follows reports whether a person follows the account. However many ask about one
// person at once, WeChat is asked once. An error means that WeChat cannot tell now.
func (f *Followers) Follows(ctx context.Context, openID string) (bool, error) {
	if s, ok := f.seen(openID); ok {
		return s.follows, s.err
	}
	flight := f.flights.DoChan(openID, func() (any, error) {
		// Another call may have found out between the look above and this one.
		if s, ok := f.seen(openID); ok {
			return s, nil
		}
		return f.lookUp(openID), nil
	})
	select {
	case r := <-flight:
		s := r.Val.(sighting)
		return s.follows, s.err
	case <-ctx.Done():
		return false, fmt.Errorf("visitor left: %w", ctx.Err())
	}
}

// lookUp asks while there is room, on a context of its own: the visitor who began it
// may leave.
func (f *Followers) lookUp(openID string) sighting {
	select {
	case f.places <- struct{}{}:
		defer func() { <-f.places }()
	default:
		return sighting{err: fmt.Errorf("%d look-ups at once", f.config.MaxLookUps)}
	}
	ctx, cancel := context.WithTimeout(f.config.Lifetime, LookUpTimeout)
	defer cancel()
	return f.ask(ctx, openID)
}

// ask looks where other nodes write, and then asks WeChat.
func (f *Followers) ask(ctx context.Context, openID string) sighting {
	asked := f.config.Now()
	if s, ok := f.fetch(ctx, openID); ok && asked.Before(s.at.Add(s.life())) {
		s, _ = f.note(openID, s)
		return s
	}
	follows, err := f.config.LookUp(ctx, openID)
	if err != nil {
		s, _ := f.note(openID, sighting{err: err, at: asked})
		return s
	}
	s := sighting{follows: follows, at: asked}
	if known := f.learn(ctx, openID, s); !known.unknown {
		return known
	}
	return s
}

// Heard notes what a message tells that WeChat made at a time. A message that is not
// fresh says only that something changed: then WeChat is asked.
func (f *Followers) Heard(ctx context.Context, openID string, follows bool, made time.Time) {
	now := f.config.Now()
	s := sighting{follows: follows, message: true, at: now, told: made.Unix()}
	if now.Sub(made) > FreshMessage {
		s.follows, s.unknown = false, true
	}
	f.learn(ctx, openID, s)
}

// learn notes a sighting here and for the other nodes, unless something newer is
// known. It returns what is known then.
func (f *Followers) learn(ctx context.Context, openID string, s sighting) sighting {
	s, taken := f.note(openID, s)
	if f.shared == nil || !taken {
		return s
	}
	if other, ok := f.fetch(ctx, openID); ok && other.outdates(s) {
		s, _ = f.note(openID, other)
		return s
	}
	// A cache that is down is as good as none.
	_ = f.shared.Put(ctx, f.key(openID), s.encode(), time.Now().Add(YesLife))
	return s
}

// fetch is what another node noted, which may be over.
func (f *Followers) fetch(ctx context.Context, openID string) (sighting, bool) {
	if f.shared == nil {
		return sighting{}, false
	}
	b, ok, err := f.shared.Get(ctx, f.key(openID))
	if err != nil || !ok || len(b) != sightingBytes {
		return sighting{}, false
	}
	return sighting{
		follows: b[0] == 1, unknown: b[1] == 1, message: b[2] == 1,
		at:   time.Unix(0, int64(binary.BigEndian.Uint64(b[3:]))),
		told: int64(binary.BigEndian.Uint64(b[11:])),
	}, true
}

func (f *Followers) key(openID string) string {
	return vault.Key("follows", f.config.AppID, openID)
}

// note remembers a sighting in this process, unless something newer is known; then it
// is not taken. It returns what is known.
func (f *Followers) note(openID string, s sighting) (known sighting, taken bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if v, ok := f.local.Get(openID); ok {
		had := v.(sighting)
		if had.outdates(s) {
			return had, false
		}
		s.told = max(s.told, had.told)
	}
	s.until = s.at.Add(s.life())
	if soon := f.config.Now().Add(LookAgain); f.shared != nil && soon.Before(s.until) {
		// A message reaches one node only; the others look again this often.
		s.until = soon
	}
	// Kept beyond its life, so that neither a look-up that was under way nor an
	// earlier message that comes later undoes what a message told.
	f.local.SetDefault(openID, s)
	return s, true
}

func (f *Followers) seen(openID string) (sighting, bool) {
	v, ok := f.local.Get(openID)
	if !ok {
		return sighting{}, false
	}
	s := v.(sighting)
	return s, f.config.Now().Before(s.until)
}
