package core

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

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
// it can be told, in 安全模式, a message for another account. What cannot be a message
// is 400, more than 64 KiB is 413, and while there is too much to do, 503, so that
// WeChat sends it again. The error names everything wrong with p.
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

// refuse answers all strangers alike. An operator who mistyped the token needs a
// line in the log, and an attacker must not fill it: one a minute.
func (h *pushHandler) refuse(w http.ResponseWriter, r *http.Request, why string) {
	now := h.auth.now().Unix()
	if last := h.warned.Load(); now-last >= 60 && h.warned.CompareAndSwap(last, now) {
		h.auth.config.logger().WarnContext(r.Context(), "wechat: a message was refused (told once a minute)", "reason", why)
	}
	w.WriteHeader(http.StatusForbidden)
}
