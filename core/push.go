package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/patrickmn/go-cache"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// Push says how messages from WeChat are checked and who gets them. The settings
// are those of the console's 服务器配置.
//
// Hooks run after WeChat was answered, each under recover and for 10 s at most, one
// after the other for each person and beside each other for different ones. WeChat
// sends a message again that is not answered in time; it reaches a hook once all
// the same. An error is logged, and the message is not sent again.
type Push struct {
	// Token is the console's Token (令牌), which signs every message. Required: with
	// an empty one anybody could.
	Token string

	// EncodingAESKey is the console's (消息加解密密钥), 43 characters. With it, only
	// messages in 安全模式 or 兼容模式 are taken, and only their encrypted part.
	// Default "": 明文模式, in which WeChat's signature does not cover the message
	// itself. Then serve this address over https only.
	EncodingAESKey string

	// OnFollow and OnUnfollow are called when somebody follows or leaves the account,
	// after [MustFollow] has learnt of it: the place to register a user before the
	// first visit, say with [Auth.Follower].
	OnFollow   func(context.Context, FollowEvent) error
	OnUnfollow func(context.Context, UnfollowEvent) error

	// OnScan is called when a follower scans one of the account's QR codes with a
	// parameter.
	OnScan func(context.Context, ScanEvent) error

	// OnMessage is called with every message and event that none of the other hooks
	// is for. Answers to the visitor (被动回复) are not possible; the customer service
	// API can send some.
	OnMessage func(context.Context, PushMessage) error
}

// String shows no token and no key.
func (p Push) String() string { return "wechat push settings (token and key withheld)" }

// Format withholds them under every verb.
func (p Push) Format(f fmt.State, _ rune) { fmt.Fprint(f, p.String()) }

// LogValue withholds them as String does.
func (p Push) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalText withholds them, so that encoding/json and others do.
func (p Push) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// PushHandler receives what WeChat sends to the address in 服务器配置: the console's
// own check of the address, follows and unfollows (which [MustFollow] learns of at
// once), scans and messages. Mount it on one path without any gate, as it is with
// net/http, with gin.WrapH in gin and adaptor.HTTPHandler in fiber.
//
// It answers 403 to what does not come from WeChat: a wrong signature, a timestamp
// more than 5 minutes away, a signature that was used for another message, and where
// it can be told, in 安全模式, a message for another account. What cannot be a message is 400, more than 64 KiB is 413, and
// while there is too much to do, 503, so that WeChat sends it again. The error names
// everything wrong with p.
func (a *Auth) PushHandler(p Push) (http.Handler, error) {
	var errs []error
	if p.Token == "" {
		errs = append(errs, errors.New("wechat: Push.Token is missing: set it to the Token of the console's 服务器配置"))
	}
	h := &pushHandler{auth: a, push: p}
	if p.EncodingAESKey != "" {
		key, err := wxapi.NewPushKey(a.config.AppID, p.EncodingAESKey)
		if err != nil {
			errs = append(errs, err)
		}
		h.key = key
	}
	seal, err := vault.NewSeal(a.config.AppID, a.config.AppSecret, "push")
	if err != nil {
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	h.shared = vault.New(a.config.Cache, seal)
	return h, nil
}

type pushHandler struct {
	auth   *Auth
	push   Push
	key    *wxapi.PushKey // nil in 明文模式
	shared *vault.Vault   // messages of the last minutes, for other nodes; nil without Config.Cache
	warned atomic.Int64   // Unix second of the last warning about a stranger
}

// String shows nothing of Push, as Push.String does; fmt would not ask it in here.
func (h *pushHandler) String() string { return "wechat push handler of " + h.auth.config.AppID }

// Format is String under every verb.
func (h *pushHandler) Format(f fmt.State, _ rune) { fmt.Fprint(f, h.String()) }

// LogValue is String.
func (h *pushHandler) LogValue() slog.Value { return slog.StringValue(h.String()) }

func (h *pushHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	switch r.Method {
	case http.MethodGet:
		h.verify(w, r)
	case http.MethodPost:
		h.receive(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// verify answers the console's check of the address.
func (h *pushHandler) verify(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	echo := q.Get("echostr")
	if !h.signed(q) || echo == "" || len(echo) > maxEcho {
		h.refuse(w, r, "the check of the address is not signed with our token")
		return
	}
	io.WriteString(w, echo)
}

// receive checks a message, notes what it says of followers, and has the rest done
// after the answer.
func (h *pushHandler) receive(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	encrypted := q.Get("encrypt_type") == "aes"
	if encrypted != (h.key != nil) {
		h.refuse(w, r, "the message is not in the mode that Push is set to: see EncodingAESKey")
		return
	}
	if !encrypted && !h.signed(q) {
		h.refuse(w, r, "the message is not signed with our token")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPush))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if encrypted {
		fields, err := rootFields(body)
		if err == nil {
			body, err = h.key.Open(h.push.Token, q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), fields["Encrypt"])
		}
		if err != nil || !h.timely(q) {
			h.refuse(w, r, "the message is not signed with our token, not encrypted with our key, or for another account")
			return
		}
	} else if !h.once(q, body) {
		h.refuse(w, r, "the signature was used for another message")
		return
	}
	message, err := parseMessage(body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if !h.take(r.Context(), message) {
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "success")
}

// signed checks WeChat's signature of the time and a nonce.
func (h *pushHandler) signed(q url.Values) bool {
	want := wxapi.PushSignature(h.push.Token, q.Get("timestamp"), q.Get("nonce"), "")
	return subtle.ConstantTimeCompare([]byte(q.Get("signature")), []byte(want)) == 1 && h.timely(q)
}

// timely is false for a signature that was made long ago, or is for later.
func (h *pushHandler) timely(q url.Values) bool {
	seconds, err := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	away := h.auth.now().Sub(time.Unix(seconds, 0))
	return err == nil && away <= pushWindow && away >= -pushWindow
}

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
		f := h.auth.followers
		f.learn(ctx, m.OpenID, f.told(m.Event == "subscribe", m.Time))
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

// refuse answers all strangers alike. An operator who mistyped the token needs a
// line in the log, and an attacker must not fill it: one a minute.
func (h *pushHandler) refuse(w http.ResponseWriter, r *http.Request, why string) {
	now := h.auth.now().Unix()
	if last := h.warned.Load(); now-last >= 60 && h.warned.CompareAndSwap(last, now) {
		h.auth.config.logger().WarnContext(r.Context(), "wechat: a message was refused (told once a minute)", "reason", why)
	}
	w.WriteHeader(http.StatusForbidden)
}
