package platform

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

const (
	// WeChat accepts the old token and the new one for 5 minutes.
	renewBefore = 5 * time.Minute
	minLife     = time.Minute
	maxLife     = 2 * time.Hour

	// leaseLife is how long one node may take to renew a token while the others wait:
	// two tries of 5 s, and the store.
	leaseLife = 15 * time.Second
	// leasePoll is how often a node that waits looks into the store.
	leasePoll = 50 * time.Millisecond
)

// tokenRecord is a token in the store. The times are Unix seconds.
type tokenRecord struct {
	Token   string `json:"token,omitempty"`
	RenewAt int64  `json:"renew_at,omitempty"`
	Expires int64  `json:"expires,omitempty"`

	// Until then one node renews the token, and the others wait for it.
	Lease int64 `json:"lease,omitempty"`
}

func (t *tokenRecord) isFresh(now time.Time, refused string) bool {
	return t.Token != "" && t.Token != refused && now.Unix() < t.RenewAt
}

// tokens hands out one token: from the process, else from the store, else from WeChat,
// where one node asks and the others wait.
type tokens struct {
	current atomic.Pointer[tokenRecord]
	failed  atomic.Pointer[failure]
}

// failure is a renewal that failed. It counts for the callers of the next second, so
// that many logins do not ask WeChat again and again.
type failure struct {
	at  time.Time
	err error
}

const failureLife = time.Second

func (h *tokens) recentFailure(now time.Time) error {
	if f := h.failed.Load(); f != nil && !now.Before(f.at) && now.Sub(f.at) < failureLife {
		return f.err
	}
	return nil
}

// get returns a token that WeChat has not refused. While the one that is held still
// works, no caller waits for the next.
func (p *Platform) get(ctx context.Context, held *tokens, name, refused string, fetch fetchToken) (tokenRecord, error) {
	now, t := p.now(), held.current.Load()
	if t != nil && t.isFresh(now, refused) {
		return *t, nil
	}
	alive := t != nil && t.Token != "" && t.Token != refused && now.Unix() < t.Expires
	if err := held.recentFailure(now); err != nil {
		if alive {
			return *t, nil
		}
		return tokenRecord{}, err
	}
	renew := func(ctx context.Context) (tokenRecord, error) {
		next, err := p.tokenFor(ctx, held, name, refused, fetch)
		if err != nil {
			held.failed.Store(&failure{p.now(), err})
		}
		return next, err
	}
	if alive {
		go func() { _, _ = flight(p.lifetime, p, name+" "+refused, renew) }()
		return *t, nil
	}
	return flight(ctx, p, name+" "+refused, renew)
}

// fetchToken gets a new token from WeChat.
type fetchToken func(ctx context.Context) (token string, life time.Duration, err error)

// tokenFor gets a token from the store, or from WeChat. It runs once at a time in this
// process.
func (p *Platform) tokenFor(ctx context.Context, held *tokens, name, refused string, fetch fetchToken) (tokenRecord, error) {
	if t := held.current.Load(); t != nil && t.isFresh(p.now(), refused) {
		return *t, nil
	}
	for {
		mine := false
		now := p.now()
		t, err := update(ctx, &p.records, name, func(t *tokenRecord, _ bool) bool {
			mine = false
			if t.isFresh(now, refused) || now.Unix() < t.Lease {
				return false
			}
			mine = true
			t.Lease = now.Add(leaseLife).Unix()
			return true
		})
		switch {
		case err != nil:
			return p.withoutStore(ctx, held, refused, fetch, err)
		case mine:
			return p.renew(ctx, held, name, refused, fetch)
		case t.isFresh(now, refused):
			held.current.Store(&t)
			return t, nil
		}
		select {
		case <-time.After(leasePoll):
		case <-ctx.Done():
			return tokenRecord{}, ctx.Err()
		}
	}
}

// renew asks WeChat, with the lease held. A token that is still good stays in use if
// WeChat does not answer.
func (p *Platform) renew(ctx context.Context, held *tokens, name, refused string, fetch fetchToken) (tokenRecord, error) {
	asked := p.now()
	token, life, err := fetch(ctx)
	if err == nil && token == refused {
		err = errSameToken
	}
	next, stored := tokenRecord{}, error(nil)
	if err == nil {
		next = newTokenRecord(token, life, asked)
		held.current.Store(&next)
	}
	_, stored = update(ctx, &p.records, name, func(t *tokenRecord, _ bool) bool {
		if err == nil {
			*t = next
		} else {
			t.Lease = 0
		}
		return true
	})
	if stored != nil {
		p.config.logger().WarnContext(ctx, "wechat: the platform's store did not take a token, so other nodes fetch for themselves", "token", name, "error", stored)
	}
	if err == nil {
		return next, nil
	}
	if old := held.current.Load(); old != nil && old.Token != refused && asked.Unix() < old.Expires {
		p.config.logger().WarnContext(ctx, "wechat: a token of the platform was not renewed, the old one stays in use", "token", name, "error", err)
		return *old, nil
	}
	return tokenRecord{}, err
}

// withoutStore serves a node whose store does not answer: it fetches for itself.
func (p *Platform) withoutStore(ctx context.Context, held *tokens, refused string, fetch fetchToken, trouble error) (tokenRecord, error) {
	asked := p.now()
	if old := held.current.Load(); old != nil && old.Token != refused && asked.Unix() < old.Expires {
		return *old, nil
	}
	token, life, err := fetch(ctx)
	if err != nil {
		return tokenRecord{}, errors.Join(err, trouble)
	}
	next := newTokenRecord(token, life, asked)
	held.current.Store(&next)
	return next, nil
}

// errSameToken: WeChat rejects a token and gives it again.
var errSameToken = errors.New("wechat: WeChat rejects a token and gives no other")

func newTokenRecord(token string, life time.Duration, asked time.Time) tokenRecord {
	life = min(max(life, minLife), maxLife)
	return tokenRecord{Token: token, RenewAt: asked.Add(max(life-renewBefore, minLife)).Unix(), Expires: asked.Add(life).Unix()}
}
