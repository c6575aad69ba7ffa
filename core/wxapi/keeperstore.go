package wxapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// kept is a value in the shared store; its times are Unix seconds.
type kept struct {
	Value string `json:"value"`
	Fresh int64  `json:"fresh"`
	Ends  int64  `json:"ends"`
}

// look returns what another node has put into the shared store, if it is alive
// and the store answers in time. A store that does not costs a fetch, never a
// failure.
func (k *keeper) look(ctx context.Context, now time.Time) *held {
	if k.shared == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, vault.Timeout)
	defer cancel()
	sealed, err := within(ctx, k.log, &k.sharing, func() ([]byte, error) {
		value, _, err := k.shared.Get(ctx, k.key)
		return value, err
	})
	if err != nil {
		k.log.WarnContext(ctx, "wechat: the shared cache did not answer, so this node fetches for itself", "value", k.name, "error", err)
		return nil
	}
	var v kept
	if json.Unmarshal(sealed, &v) != nil || !tokenShape.MatchString(v.Value) {
		return nil
	}
	// The clock of the node that wrote it may be ahead by more than a life.
	most := now.Add(longest)
	h := &held{
		value: v.Value,
		fresh: min(time.Unix(v.Fresh, 0).UnixNano(), most.Add(-slack).UnixNano()),
		ends:  min(time.Unix(v.Ends, 0).UnixNano(), most.UnixNano()),
	}
	if !h.alive(now.UnixNano()) {
		return nil
	}
	return h
}

// share puts a value where the other nodes look.
func (k *keeper) share(ctx context.Context, h *held) {
	if k.shared == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, vault.Timeout)
	defer cancel()
	_, err := within(ctx, k.log, &k.sharing, func() (struct{}, error) {
		ends := time.Unix(0, h.ends)
		value, err := json.Marshal(kept{h.value, time.Unix(0, h.fresh).Unix(), ends.Unix()})
		if err == nil {
			err = k.shared.Put(ctx, k.key, value, ends)
		}
		return struct{}{}, err
	})
	if err != nil {
		k.log.WarnContext(ctx, "wechat: the shared cache took no value, so the other nodes fetch for themselves", "value", k.name, "error", err)
	}
}
