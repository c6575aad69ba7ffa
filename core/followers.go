package core

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/patrickmn/go-cache"
	"golang.org/x/sync/singleflight"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// followers knows who follows the account: from user/info, and from the messages
// that tell of a change.
type followers struct {
	wechat   *wxapi.Client
	token    *wxapi.AccountToken
	config   *Config
	now      func() time.Time
	lifetime context.Context // ends with Close
	flights  singleflight.Group
	places   chan struct{}
	shared   *vault.Vault // nil without Config.Cache

	mu    sync.Mutex // a look-up and a message may come at once
	local *cache.Cache
}

// sighting is what is known of one person.
type sighting struct {
	follows bool
	unknown bool      // an old message came: WeChat is to be asked
	err     error     // WeChat could not tell
	message bool      // told by a message, not looked up
	at      time.Time // when WeChat was asked, or the message came
	told    int64     // when the latest message that is known of was made, Unix seconds; 0 for none
	until   time.Time
}

func newFollowers(c *Config, wechat *wxapi.Client, token *wxapi.AccountToken, now func() time.Time, lifetime context.Context) (*followers, error) {
	seal, err := vault.NewSeal(c.AppID, c.AppSecret, "followers")
	if err != nil {
		return nil, err
	}
	return &followers{
		wechat: wechat, token: token, config: c, now: now, lifetime: lifetime, places: make(chan struct{}, maxLookUps),
		shared: vault.New(c.Cache, seal), local: cache.New(pushRemembered, 0),
	}, nil
}

// sure reports that somebody is known to follow, without asking anybody.
func (f *followers) sure(openID string) bool {
	s, ok := f.seen(openID)
	return ok && s.err == nil && s.follows
}

// follows reports whether somebody follows. An error means that nobody can tell.
func (f *followers) follows(ctx context.Context, openID string) (bool, error) {
	if s, ok := f.seen(openID); ok {
		return s.follows, s.err
	}
	flight := f.flights.DoChan(openID, func() (any, error) {
		// The flight before may have landed between the look above and this one.
		if s, ok := f.seen(openID); ok {
			return s, nil
		}
		s := sighting{at: f.now()}
		if err := recovered("follower look-up", func() { s = f.placed(openID) }); err != nil {
			s.err = err
			s, _ = f.note(openID, s)
		}
		return s, nil
	})
	select {
	case r := <-flight:
		s := r.Val.(sighting)
		return s.follows, s.err
	case <-ctx.Done():
		return false, fmt.Errorf("visitor left: %w", ctx.Err())
	}
}

// placed asks while there is room, on a context of its own: the visitor who began it
// may hang up.
func (f *followers) placed(openID string) sighting {
	select {
	case f.places <- struct{}{}:
		defer func() { <-f.places }()
	default:
		return sighting{err: fmt.Errorf("%d look-ups at once", maxLookUps)}
	}
	ctx, cancel := context.WithTimeout(f.lifetime, followBudget)
	defer cancel()
	return f.ask(ctx, openID)
}

// ask looks where other nodes write, and then asks WeChat.
func (f *followers) ask(ctx context.Context, openID string) sighting {
	asked := f.now()
	if s, ok := f.fetch(ctx, openID); ok && asked.Before(s.at.Add(s.life())) {
		s, _ = f.note(openID, s)
		return s
	}
	who, err := f.wechat.Follower(ctx, f.token, openID, "")
	if err != nil {
		f.config.logger().WarnContext(ctx, "wechat: whether a visitor follows is not known", explain(err)...)
		s, _ := f.note(openID, sighting{err: err, at: asked})
		return s
	}
	s := sighting{follows: who.Subscribed, at: asked}
	if known := f.learn(ctx, openID, s); !known.unknown {
		return known
	}
	return s
}

// told is what a message says, which WeChat made at a time. What is old says only
// that something changed.
func (f *followers) told(follows bool, made time.Time) sighting {
	now := f.now()
	s := sighting{follows: follows, message: true, at: now, told: made.Unix()}
	if now.Sub(made) > pushFresh {
		s.follows, s.unknown = false, true
	}
	return s
}

// learn notes a sighting here and for the other nodes, unless something newer is
// known. It returns what is known then.
func (f *followers) learn(ctx context.Context, openID string, s sighting) sighting {
	s, taken := f.note(openID, s)
	if f.shared == nil || !taken {
		return s
	}
	if other, ok := f.fetch(ctx, openID); ok && other.outdates(s) {
		s, _ = f.note(openID, other)
		return s
	}
	// A cache that is down is as good as none.
	_ = f.shared.Put(ctx, f.key(openID), s.encode(), time.Now().Add(followsFor))
	return s
}

// A sighting in the shared cache: a byte each for follows, unknown and message, then
// at and told.
const sightingBytes = 3 + 8 + 8

func (s sighting) encode() []byte {
	b := make([]byte, sightingBytes)
	for i, yes := range [...]bool{s.follows, s.unknown, s.message} {
		if yes {
			b[i] = 1
		}
	}
	binary.BigEndian.PutUint64(b[3:], uint64(s.at.UnixNano()))
	binary.BigEndian.PutUint64(b[11:], uint64(s.told))
	return b
}

// fetch is what another node noted, which may be over.
func (f *followers) fetch(ctx context.Context, openID string) (sighting, bool) {
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

func (f *followers) key(openID string) string {
	return vault.Key("follows", f.config.AppID, openID)
}

// note remembers a sighting in this process, unless something newer is known; then it
// is not taken. It returns what is known.
func (f *followers) note(openID string, s sighting) (known sighting, taken bool) {
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
	if soon := f.now().Add(followsHere); f.shared != nil && soon.Before(s.until) {
		// A message reaches one node only; the others look again this often.
		s.until = soon
	}
	// Kept beyond its life, so that neither a look-up that was under way nor an
	// earlier message that comes later undoes what a message told.
	f.local.SetDefault(openID, s)
	return s, true
}

func (f *followers) seen(openID string) (sighting, bool) {
	v, ok := f.local.Get(openID)
	if !ok {
		return sighting{}, false
	}
	s := v.(sighting)
	return s, f.now().Before(s.until)
}

// outdates says that s is to be believed rather than one that is noted after it.
func (s sighting) outdates(later sighting) bool {
	if later.message {
		return s.told > later.told
	}
	return s.at.After(later.at)
}

func (s sighting) life() time.Duration {
	switch {
	case s.unknown:
		return 0
	case s.follows:
		return followsFor
	}
	return followsNotFor
}
