package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/patrickmn/go-cache"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// once lets one signature carry one message only. In 明文模式 it covers time and nonce
// alone, so whoever reads one could send anything with it. Residual risk: another
// node has not seen it.
func (h *pushHandler) once(q url.Values, body []byte) bool {
	sum := sha256.Sum256(body)
	key := vault.Key("signature", q.Get("signature"))
	if h.auth.pushed.Add(key, sum, cache.DefaultExpiration) == nil {
		return true
	}
	first, _ := h.auth.pushed.Get(key)
	before, _ := first.([sha256.Size]byte)
	return bytes.Equal(before[:], sum[:])
}

// take has a message worked on once, however often it is delivered. It is false when
// there is no room for it. All nodes hear at once who follows now; the hook comes
// after the answer.
func (h *pushHandler) take(ctx context.Context, m *PushMessage) bool {
	key := vault.Key("push", h.auth.config.AppID, m.key)
	if h.auth.pushed.Add(key, true, cache.DefaultExpiration) != nil {
		return true
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), vault.Timeout)
	defer cancel()
	taken := false
	failed := recovered("push", func() { taken = h.work(ctx, key, m) })
	if failed != nil {
		h.auth.config.logger().ErrorContext(ctx, "wechat: a message from WeChat could not be taken", "error", failed)
	}
	if !taken {
		h.auth.pushed.Delete(key)
	}
	return taken
}

func (h *pushHandler) work(ctx context.Context, key string, m *PushMessage) bool {
	if h.shared != nil {
		// Look, then write: two nodes at the same instant may both work on it. WeChat
		// repeats after 5 s, so they are not. A cache that is down is as good as none.
		if _, known, err := h.shared.Get(ctx, key); err == nil && known {
			return true
		}
	}
	if m.Event == "subscribe" || m.Event == "unsubscribe" {
		h.auth.followers.Heard(ctx, m.OpenID, m.Event == "subscribe", m.Time)
	}
	if !h.auth.work.add(m.OpenID, func() { h.tell(m) }) {
		return false
	}
	if h.shared != nil {
		_ = h.shared.Put(ctx, key, []byte{1}, time.Now().Add(pushRemembered))
	}
	return true
}

// tell calls the hook that the message is for.
func (h *pushHandler) tell(m *PushMessage) {
	ctx, cancel := context.WithTimeout(h.auth.lifetime, pushBudget)
	defer cancel()
	var failed error
	err := recovered("push", func() {
		if m.Event == "unsubscribe" {
			h.auth.tokens.forget(ctx, m.OpenID)
		}
		failed = h.call(ctx, m)
	})
	if err = errors.Join(err, failed); err != nil {
		h.auth.config.logger().ErrorContext(ctx, "wechat: a hook failed for a message from WeChat",
			"type", m.Type, "event", m.Event, "openid", mask(m.OpenID), "error", err)
	}
}

func (h *pushHandler) call(ctx context.Context, m *PushMessage) error {
	p := &h.push
	switch {
	case m.Event == "subscribe" && p.OnFollow != nil:
		scene, byCode := strings.CutPrefix(m.EventKey, "qrscene_")
		if !byCode {
			scene = "" // other ways to follow have keys of their own
		}
		return p.OnFollow(ctx, FollowEvent{*m, scene})
	case m.Event == "unsubscribe" && p.OnUnfollow != nil:
		return p.OnUnfollow(ctx, UnfollowEvent{*m})
	case m.Event == "SCAN" && p.OnScan != nil:
		return p.OnScan(ctx, ScanEvent{*m, m.EventKey})
	case p.OnMessage != nil:
		return p.OnMessage(ctx, *m)
	}
	return nil
}
