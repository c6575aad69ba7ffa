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

// Following is what a route demands beyond a login: that the visitor follows the
// account. It goes with Require only.
type Following string

const (
	// MustFollow lets followers through and shows everybody else a page with the
	// account's name and QR code ([Config.FollowQRCode]). They get in on the next
	// visit after following, without a new login. While WeChat cannot tell, the
	// answer is the "unavailable" page (503).
	//
	// It needs an account that may call /cgi-bin/user/info (a verified one, else
	// 48001). A "yes" is remembered for 5 minutes, a "no" for 3 seconds; a message
	// that [Auth.PushHandler] receives changes either at once. With Config.Cache,
	// other nodes hear of it within 5 seconds.
	MustFollow Following = "must follow"
	// MustFollowUnlessDown is MustFollow, but lets everybody who is logged in
	// through while WeChat cannot tell.
	MustFollowUnlessDown Following = "must follow unless down"
)

func (f Following) apply(g *Gate) { g.following = f }

// followers knows who follows the account: from user/info, and from the messages
// that tell of a change.
type followers struct {
	wechat   *wxapi.Client
	token    *wxapi.AccountToken
	appID    string
	now      func() time.Time
	lifetime context.Context // ends with Close
	flights  singleflight.Group
	shared   *vault.Vault // nil without Config.Cache

	mu    sync.Mutex // a look-up and a message may come at once
	local *cache.Cache
}

// sighting is what is known of one person.
type sighting struct {
	follows bool
	err     error     // WeChat could not tell; follows says nothing then
	at      time.Time // when WeChat was asked, or told us
	told    int64     // by a message, made at this Unix second; 0 for a look-up
	until   time.Time
}

func newFollowers(c *Config, wechat *wxapi.Client, token *wxapi.AccountToken, now func() time.Time, lifetime context.Context) (*followers, error) {
	seal, err := vault.NewSeal(c.AppID, c.AppSecret, "followers")
	if err != nil {
		return nil, err
	}
	return &followers{
		wechat: wechat, token: token, appID: c.AppID, now: now, lifetime: lifetime,
		shared: vault.New(c.Cache, seal), local: cache.New(followsFor, 0),
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
		ctx, cancel := context.WithTimeout(f.lifetime, followBudget)
		defer cancel()
		return f.ask(ctx, openID), nil
	})
	select {
	case r := <-flight:
		s := r.Val.(sighting)
		return s.follows, s.err
	case <-ctx.Done():
		return false, fmt.Errorf("visitor left: %w", ctx.Err())
	}
}

// ask looks where other nodes write, and then asks WeChat. It runs on a context of
// its own: the visitor who began it may hang up.
func (f *followers) ask(ctx context.Context, openID string) sighting {
	asked := f.now()
	if s, ok := f.fetch(ctx, openID); ok {
		return f.note(openID, s)
	}
	who, err := f.wechat.Follower(ctx, f.token, openID, "")
	if err != nil {
		return f.note(openID, sighting{err: fmt.Errorf("does the visitor follow: %w", err), at: asked})
	}
	return f.learn(ctx, openID, sighting{follows: who.Subscribed, at: asked})
}

// told is what a message says. made is when WeChat made it: messages may arrive in
// another order.
func (f *followers) told(follows bool, made time.Time) sighting {
	return sighting{follows: follows, at: f.now(), told: made.Unix()}
}

// learn notes a sighting here and for the other nodes, unless something newer is
// known.
func (f *followers) learn(ctx context.Context, openID string, s sighting) sighting {
	noted := f.note(openID, s)
	if f.shared == nil || noted.at != s.at || noted.told != s.told {
		return noted
	}
	if other, ok := f.fetch(ctx, openID); ok && other.outdates(s) {
		return f.note(openID, other)
	}
	b := make([]byte, 17)
	if s.follows {
		b[0] = 1
	}
	binary.BigEndian.PutUint64(b[1:], uint64(s.at.UnixNano()))
	binary.BigEndian.PutUint64(b[9:], uint64(s.told))
	// A cache that is down is as good as none.
	_ = f.shared.Put(ctx, f.key(openID), b, time.Now().Add(s.life()))
	return noted
}

// fetch is what another node knows.
func (f *followers) fetch(ctx context.Context, openID string) (sighting, bool) {
	if f.shared == nil {
		return sighting{}, false
	}
	b, ok, err := f.shared.Get(ctx, f.key(openID))
	if err != nil || !ok || len(b) != 17 {
		return sighting{}, false
	}
	s := sighting{
		follows: b[0] == 1,
		at:      time.Unix(0, int64(binary.BigEndian.Uint64(b[1:]))),
		told:    int64(binary.BigEndian.Uint64(b[9:])),
	}
	// A store may keep a value longer than it was asked to.
	return s, f.now().Before(s.at.Add(s.life()))
}

func (f *followers) key(openID string) string { return vault.Key("follows", f.appID, openID) }

// note remembers a sighting in this process, unless something newer is known.
func (f *followers) note(openID string, s sighting) sighting {
	f.mu.Lock()
	defer f.mu.Unlock()
	if v, ok := f.local.Get(openID); ok && v.(sighting).outdates(s) {
		return v.(sighting)
	}
	life := s.life()
	if f.shared != nil {
		// A message reaches one node only; the others look again this often.
		life = min(life, followsHere)
	}
	s.until = f.now().Add(life)
	// Kept beyond its life, so that a look-up which was under way when a message
	// came does not undo it.
	f.local.Set(openID, s, max(life, 2*followBudget))
	return s
}

func (f *followers) seen(openID string) (sighting, bool) {
	v, ok := f.local.Get(openID)
	if !ok {
		return sighting{}, false
	}
	s := v.(sighting)
	return s, f.now().Before(s.until)
}

// outdates says that s is to be believed rather than a sighting that comes later.
func (s sighting) outdates(other sighting) bool {
	if s.told != 0 && other.told != 0 {
		return s.told > other.told
	}
	return s.at.After(other.at)
}

func (s sighting) life() time.Duration {
	if s.follows {
		return followsFor
	}
	return followsNotFor
}

// Follows reports whether a person follows the account, by openid. It answers from
// what is remembered for MustFollow, and asks WeChat otherwise (user/info). An error
// means that WeChat could not tell.
func (a *Auth) Follows(ctx context.Context, openID string) (bool, error) {
	follows, err := a.followers.follows(ctx, openID)
	if err != nil {
		return false, unavailableFor(err)
	}
	return follows, nil
}

// Follower asks WeChat what it tells of a person (user/info): whether she follows,
// since when and where from, and for followers the union id, where the account has
// one. Nothing is remembered. The error wraps a *wxapi.Error where WeChat sent one.
func (a *Auth) Follower(ctx context.Context, openID string) (*wxapi.Follower, error) {
	return a.wechat.Follower(ctx, a.token, openID, "")
}

// AccountToken is the account's own access token, for WeChat's other APIs. It
// belongs to the instance: do not close it.
func (a *Auth) AccountToken() *wxapi.AccountToken { return a.token }

// lookUp finds out whether the visitor follows.
func (v *visit) lookUp() {
	follows, err := v.auth.followers.follows(v.ctx, v.user.OpenID)
	switch {
	case err == nil && follows:
		v.follow = follower
	case err == nil:
		v.follow = stranger
	case v.gate.following == MustFollowUnlessDown:
		v.auth.config.logger().WarnContext(v.ctx, "wechat: whether the visitor follows is not known, let through", explain(err)...)
		v.follow = follower
	default:
		v.follow, v.reason = notKnown, unavailableFor(err)
	}
}
