package platform

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"sync"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// messageHandlers are an account's handlers, one for each MessageHandler.
type messageHandlers struct {
	mu sync.Mutex
	of map[*messageHandler]http.Handler
}

// messageHandler is a MessageHandler.
type messageHandler struct {
	platform *Platform
	hooks    func(Account) push.Config
	refused  refusals
}

// MessageHandler receives what the followers of all accounts write and do: the
// platform's 消息与事件接收URL. Register the address with $APPID$ as its last part, such as
// https://saas.example.com/wechat/messages/$APPID$, and mount the handler at
// /wechat/messages/, without any gate. An address without $APPID$ works as well: the
// message then names the account.
//
// hooks returns an account's hooks; Token and EncodingAESKey are the platform's. It is
// called once for each account. nil: no hooks, and core.MustFollow learns of follows all
// the same.
//
// A message is checked with the platform's keys before anything in it is believed, and
// the account that it names must be the one of the address: WeChat's signature does not
// cover the path. Messages for accounts that are not connected are answered with success
// and dropped.
func (p *Platform) MessageHandler(hooks func(Account) push.Config) http.Handler {
	return &messageHandler{platform: p, hooks: hooks}
}

// String names the platform only.
func (h *messageHandler) String() string {
	return "wechat message handler of " + h.platform.config.AppID
}

// Format writes String for every verb.
func (h *messageHandler) Format(f fmt.State, _ rune) { io.WriteString(f, h.String()) }

func (h *messageHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header(w)
	switch r.Method {
	case http.MethodGet:
		h.verifyAddress(w, r)
	case http.MethodPost:
		h.receive(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// verifyAddress answers a check of the address, as package push does.
func (h *messageHandler) verifyAddress(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	timestamp, nonce, echo := q.Get("timestamp"), q.Get("nonce"), q.Get("echostr")
	want := wxapi.PushSignature(h.platform.token(), timestamp, nonce, "")
	var seconds int64
	fmt.Sscan(timestamp, &seconds)
	if !isTimestamp(timestamp) || !isNonce(nonce) || !h.platform.isNear(seconds) || echo == "" || len(echo) > 512 ||
		subtle.ConstantTimeCompare([]byte(q.Get("signature")), []byte(want)) != 1 {
		h.refuse(w, r, http.StatusForbidden, "not signed by WeChat")
		return
	}
	io.WriteString(w, echo)
}

// receive finds the account that a message is for, and hands the message to the
// account's own handler, which checks the rest: time, repetition, form.
func (h *messageHandler) receive(w http.ResponseWriter, r *http.Request) {
	kept := &bytes.Buffer{}
	whole := r.Clone(r.Context())
	r.Body = io.NopCloser(io.TeeReader(r.Body, kept))
	body, status, why := h.platform.open(w, r)
	if why != "" {
		h.refuse(w, r, status, why)
		return
	}
	var m struct{ ToUserName string }
	if xml.Unmarshal(body, &m) != nil || m.ToUserName == "" {
		h.refuse(w, r, http.StatusBadRequest, "not a message")
		return
	}
	auth, account, err := h.accountOf(r.Context(), path.Base(r.URL.Path), m.ToUserName)
	switch {
	case errors.Is(err, errForeign):
		h.refuse(w, r, http.StatusForbidden, "for another account than the address says")
		return
	case errors.Is(err, ErrUnknown), errors.Is(err, core.ErrWithdrawn):
		h.refused.log(r.Context(), h.platform, "for an account that is not connected, dropped")
		io.WriteString(w, "success")
		return
	case err != nil:
		h.platform.config.logger().ErrorContext(r.Context(), "wechat: a message for an account was not handled, WeChat pushes it again", "error", err)
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	handler, err := h.handlerOf(auth, account)
	if err != nil {
		h.platform.config.logger().ErrorContext(r.Context(), "wechat: the hooks of an account are not usable", "app_id", account.AppID, "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	whole.Body = io.NopCloser(kept)
	handler.ServeHTTP(w, whole)
}

func (h *messageHandler) refuse(w http.ResponseWriter, r *http.Request, status int, why string) {
	h.refused.log(r.Context(), h.platform, why)
	w.WriteHeader(status)
}

// errForeign: a message whose account is not the one of the address.
var errForeign = errors.New("wechat: the message is for another account")

// accountOf finds the account by the address, and compares it with the original id in
// the message. Without an account in the address, the original id finds it.
func (h *messageHandler) accountOf(ctx context.Context, appID, originalID string) (*core.Auth, Account, error) {
	p := h.platform
	_, record, err := p.known(ctx, appID)
	if errors.Is(err, ErrUnknown) {
		if appID, err = p.byOriginalID(ctx, originalID); err == nil {
			_, record, err = p.known(ctx, appID)
		}
	}
	if err != nil {
		return nil, Account{}, err
	}
	if record.OriginalID == "" && record.Connected {
		record = p.describe(ctx, record)
	}
	if record.Connected && record.OriginalID != originalID {
		return nil, Account{}, errForeign
	}
	auth, err := p.Account(ctx, record.AppID)
	return auth, record.account(), err
}

// byOriginalID finds an account by its original id, among those that this process knows
// and then in the store.
func (p *Platform) byOriginalID(ctx context.Context, originalID string) (string, error) {
	p.mu.Lock()
	for appID, a := range p.accounts {
		if a.record.OriginalID == originalID {
			p.mu.Unlock()
			return appID, nil
		}
	}
	p.mu.Unlock()
	all, err := flight(ctx, p, "all accounts", p.Accounts)
	if err != nil {
		return "", err
	}
	for _, a := range all {
		if a.OriginalID == originalID {
			return a.AppID, nil
		}
	}
	return "", ErrUnknown
}

// handlerOf is the account's own handler, made with the first message.
func (h *messageHandler) handlerOf(auth *core.Auth, account Account) (http.Handler, error) {
	p := h.platform
	p.mu.Lock()
	a := p.accounts[account.AppID]
	p.mu.Unlock()
	if a == nil {
		return nil, errClosed
	}
	a.hooks.mu.Lock()
	defer a.hooks.mu.Unlock()
	if handler := a.hooks.of[h]; handler != nil {
		return handler, nil
	}
	var c push.Config
	if h.hooks != nil {
		if err := guarded(func() error { c = h.hooks(account); return nil }); err != nil {
			return nil, err
		}
	}
	c.Token, c.EncodingAESKey = p.token(), p.aesKey()
	handler, err := auth.PushHandler(c)
	if err != nil {
		return nil, err
	}
	if a.hooks.of == nil {
		a.hooks.of = map[*messageHandler]http.Handler{}
	}
	a.hooks.of[h] = handler
	return handler, nil
}
