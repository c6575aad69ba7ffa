package wxapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// sharedRecord is a value in the shared store; its times are Unix seconds. The
// JSON names are those of the first release, so that nodes of both versions can
// share a store.
type sharedRecord struct {
	Value   string `json:"value"`
	RenewAt int64  `json:"fresh"`
	Expires int64  `json:"ends"`
}

// loadShared returns the value that another node has put into the shared store,
// if it has not expired and the store answers in time. If the store does not
// answer, this node fetches; that is never an error.
func (r *refresher) loadShared(ctx context.Context, now time.Time) *cached {
	if r.shared == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, vault.Timeout)
	defer cancel()
	sealed, err := runBounded(ctx, r.log, &r.sharing, func() ([]byte, error) {
		value, _, err := r.shared.Get(ctx, r.key)
		return value, err
	})
	if err != nil {
		r.log.WarnContext(ctx, "wechat: the shared cache did not answer, so this node fetches for itself", "value", r.name, "error", err)
		return nil
	}
	var record sharedRecord
	if json.Unmarshal(sealed, &record) != nil || !tokenShape.MatchString(record.Value) {
		return nil
	}
	// The clock of the node that wrote it may be ahead by more than a life.
	latest := now.Add(maxLife)
	c := &cached{
		value:   record.Value,
		renewAt: min(time.Unix(record.RenewAt, 0).UnixNano(), latest.Add(-renewBefore).UnixNano()),
		expires: min(time.Unix(record.Expires, 0).UnixNano(), latest.UnixNano()),
	}
	if !c.alive(now.UnixNano()) {
		return nil
	}
	return c
}

// saveShared puts a value where the other nodes look.
func (r *refresher) saveShared(ctx context.Context, c *cached) {
	if r.shared == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, vault.Timeout)
	defer cancel()
	_, err := runBounded(ctx, r.log, &r.sharing, func() (struct{}, error) {
		expires := time.Unix(0, c.expires)
		value, err := json.Marshal(sharedRecord{c.value, time.Unix(0, c.renewAt).Unix(), expires.Unix()})
		if err == nil {
			err = r.shared.Put(ctx, r.key, value, expires)
		}
		return struct{}{}, err
	})
	if err != nil {
		r.log.WarnContext(ctx, "wechat: the shared cache did not take a value, so the other nodes fetch for themselves", "value", r.name, "error", err)
	}
}
