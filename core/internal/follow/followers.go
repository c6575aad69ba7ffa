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
	// YesLife is how long it is remembered that a person follows.
	YesLife = 5 * time.Minute
	// NoLife is how long it is remembered that a person does not follow, or that WeChat
	// failed. It is short, so that a visitor who has just followed gets in. user/info may
	// be called 500,000 times a day.
	NoLife = 3 * time.Second
	// LookAgain is how often a node reads the shared store, where other nodes may have
	// noted a message.
	LookAgain = 5 * time.Second
	// LookUpTimeout bounds one look-up at WeChat.
	LookUpTimeout = 5 * time.Second
	// FreshMessage is how old a message may be to be believed. An older one was delayed or
	// repeated, and may be wrong by now.
	FreshMessage = 5 * time.Second
	// noteLife is how long a sighting is kept: longer than it is believed, so that neither
	// a look-up under way nor an earlier message that arrives later overrides a message.
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
	// Checked is called when a look-up has ended, with the context of the call that began
	// it; Noticed with what a message says. Neither may block or panic. Default nil.
	Checked func(context.Context, Check)
	Noticed func(ctx context.Context, openID string, follows bool)
	// Lifetime ends every look-up under way.
	Lifetime context.Context
}

// Check is a look-up that has ended.
type Check struct {
	OpenID  string
	Follows bool
	Shared  bool // the shared store knew
	Took    time.Duration
	Err     error // WeChat cannot tell now
}

// Followers decides who follows the account, from look-ups at WeChat and from messages
// about changes. It is safe for concurrent use.
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
	c.AppSecret = "" // not needed any more; what stays in a field, fmt prints by reflection
	return &Followers{
		config: c, places: make(chan struct{}, c.MaxLookUps),
		shared: vault.New(c.Store, seal), local: cache.New(noteLife, 0),
	}, nil
}

// Sweep drops what is over.
func (f *Followers) Sweep() { f.local.DeleteExpired() }

// Len is how many people this process remembers.
func (f *Followers) Len() int { return f.local.ItemCount() }

// Forget drops what this process and the shared store know about a person. Other processes
// forget it within 10 minutes.
func (f *Followers) Forget(ctx context.Context, openID string) error {
	f.mu.Lock()
	f.local.Delete(openID)
	f.mu.Unlock()
	if f.shared == nil {
		return nil
	}
	return f.shared.Delete(ctx, f.key(openID))
}

// KnownToFollow says whether this process knows that a person follows. It asks neither
// WeChat nor the shared store.
func (f *Followers) KnownToFollow(openID string) bool {
	s, ok := f.seen(openID)
	return ok && s.err == nil && s.follows
}

// Follows says whether a person follows the account. Calls about one person at the same
// time ask WeChat once. An error means that WeChat cannot tell now.
func (f *Followers) Follows(ctx context.Context, openID string) (bool, error) {
	if s, ok := f.seen(openID); ok {
		return s.follows, s.err
	}
	flight := f.flights.DoChan(openID, func() (any, error) {
		// Another call may have found out between the look above and this one.
		if s, ok := f.seen(openID); ok {
			return s, nil
		}
		return f.checked(ctx, openID), nil
	})
	select {
	case r := <-flight:
		s := r.Val.(sighting)
		return s.follows, s.err
	case <-ctx.Done():
		return false, fmt.Errorf("visitor left: %w", ctx.Err())
	}
}

// checked looks up and tells Config.Checked.
func (f *Followers) checked(ctx context.Context, openID string) sighting {
	began := time.Now()
	ctx = context.WithoutCancel(ctx)
	s, shared := f.lookUp(ctx, openID)
	if f.config.Checked != nil {
		f.config.Checked(ctx, Check{OpenID: openID, Follows: s.follows, Shared: shared, Took: time.Since(began), Err: s.err})
	}
	return s
}

// lookUp asks WeChat while there is room. Its context does not end with the request,
// because the visitor who began it may leave. It keeps the request's values, so that
// spans nest.
func (f *Followers) lookUp(ctx context.Context, openID string) (s sighting, shared bool) {
	select {
	case f.places <- struct{}{}:
		defer func() { <-f.places }()
	default:
		return sighting{err: fmt.Errorf("%d look-ups at once", f.config.MaxLookUps)}, false
	}
	ctx, cancel := context.WithTimeout(ctx, LookUpTimeout)
	defer cancel()
	defer context.AfterFunc(f.config.Lifetime, cancel)()
	return f.ask(ctx, openID)
}

// ask reads what other nodes noted, and asks WeChat where that is too old.
func (f *Followers) ask(ctx context.Context, openID string) (_ sighting, shared bool) {
	asked := f.config.Now()
	if s, ok := f.fetch(ctx, openID); ok && asked.Before(s.at.Add(s.life())) {
		s, _ = f.note(openID, s)
		return s, true
	}
	follows, err := f.config.LookUp(ctx, openID)
	if err != nil {
		s, _ := f.note(openID, sighting{err: err, at: asked})
		return s, false
	}
	s := sighting{follows: follows, at: asked}
	if known := f.learn(ctx, openID, s); !known.unknown {
		return known, false
	}
	return s, false
}

// Heard notes a message that WeChat made at a time. One that is not fresh tells only that
// something changed: the next visit asks WeChat.
func (f *Followers) Heard(ctx context.Context, openID string, follows bool, made time.Time) {
	now := f.config.Now()
	s := sighting{follows: follows, message: true, at: now, told: made.Unix()}
	if now.Sub(made) > FreshMessage {
		s.follows, s.unknown = false, true
	}
	f.learn(ctx, openID, s)
	if f.config.Noticed != nil {
		f.config.Noticed(ctx, openID, follows)
	}
}

// learn notes a sighting in this process and in the shared store, unless a newer one is
// known. It returns the one that counts.
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

// fetch reads what another node noted. It may be too old to be believed.
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

// note remembers a sighting in this process, unless a newer one is known: then taken is
// false. It returns the one that counts.
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
