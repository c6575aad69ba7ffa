package push

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// accept has a message handled once, however often it is delivered: all nodes learn
// at once who follows, and the hook is called after the answer. It is false when the
// message must be sent again. A store that fails loses no message.
func (h *handler) accept(ctx context.Context, m *Message, key string) bool {
	r := h.receiver
	if !r.first(key) {
		h.received(ctx, m, "duplicate")
		return true
	}
	// WeChat may hang up; the message is accepted all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), vault.Timeout)
	defer cancel()
	if !r.isOurs(ctx, key) {
		h.received(ctx, m, "duplicate")
		return true
	}
	if follows := m.is("subscribe"); follows || m.is("unsubscribe") {
		h.guarded(ctx, "noting who follows", func() { r.account.Followers.Heard(ctx, m.OpenID, follows, m.Time) })
	}
	if !r.waiting.add(m.OpenID, h.config().MaxWaiting, func() { h.handle(m) }) {
		r.forget(ctx, key)
		return false
	}
	r.handledHere(ctx, key)
	h.received(ctx, m, "ok")
	return true
}

// received writes the line of an accepted message, and tells the observer.
func (h *handler) received(ctx context.Context, m *Message, result string) {
	a := &h.receiver.account
	a.Logger.DebugContext(ctx, "wechat: a message from WeChat", "event", "push.received", "kind", kindOf(m), "result", result)
	a.observe(ctx, Notice{Name: "push.received", Kind: kindOf(m), Result: result, OpenID: m.OpenID})
}

// kindOf is what a message is, as a label of metrics: of a short list, because whoever
// knows the Token in 明文模式 can write anything.
func kindOf(m *Message) string {
	if m.Event == "" {
		return "message"
	}
	for _, kind := range [...]string{"subscribe", "unsubscribe", "scan", "click", "view", "location"} {
		if m.is(kind) {
			return kind
		}
	}
	return "other"
}

// is compares names of events without case: some clients send "scan" for "SCAN".
func (m *Message) is(event string) bool { return strings.EqualFold(m.Event, event) }

// handle runs after the answer.
func (h *handler) handle(m *Message) {
	ctx, cancel := context.WithTimeout(h.receiver.lifetime, h.config().HookTimeout)
	defer cancel()
	if m.is("unsubscribe") {
		h.guarded(ctx, "deleting a refresh token", func() { h.receiver.account.Tokens.Forget(ctx, m.OpenID) })
	}
	var failed error
	panicked := recovered(func() { failed = h.callHook(ctx, m) })
	if err := errors.Join(panicked, failed); err != nil {
		h.failed(ctx, m, err)
	}
}

// failed writes the line of a hook that failed, and tells the observer.
func (h *handler) failed(ctx context.Context, m *Message, err error) {
	a := &h.receiver.account
	a.Logger.ErrorContext(ctx, "wechat: a hook failed for a message from WeChat",
		"type", m.Type, "event", m.Event, "openid", mask(m.OpenID), "error", err)
	a.observe(ctx, Notice{Name: "push.failed", Kind: kindOf(m), OpenID: m.OpenID})
}

// callHook calls the one hook that the message is for.
func (h *handler) callHook(ctx context.Context, m *Message) error {
	c := h.config()
	switch {
	case m.is("subscribe") && c.OnFollow != nil:
		scene, byCode := strings.CutPrefix(m.EventKey, "qrscene_")
		if !byCode {
			scene = "" // other ways to follow have keys of their own
		}
		return c.OnFollow(ctx, FollowEvent{*m, scene})
	case m.is("unsubscribe") && c.OnUnfollow != nil:
		return c.OnUnfollow(ctx, UnfollowEvent{*m})
	case m.is("SCAN") && c.OnScan != nil:
		return c.OnScan(ctx, ScanEvent{*m, m.EventKey})
	case c.OnMessage != nil:
		return c.OnMessage(ctx, *m)
	}
	return nil
}

// guarded runs code that is not this package's. A panic is logged and the message
// goes on.
func (h *handler) guarded(ctx context.Context, what string, run func()) {
	if err := recovered(run); err != nil {
		h.receiver.account.Logger.ErrorContext(ctx, "wechat: "+what+" failed for a message from WeChat", "error", err)
	}
}

// recovered turns a panic into an error. The value of a panic may hold a secret, so
// the error names its type only.
func recovered(run func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic of type %T", p)
		}
	}()
	run()
	return nil
}
