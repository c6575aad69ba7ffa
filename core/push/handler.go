package push

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/seed467724c4/wechat/core/wxapi"
)

const (
	// maxBody is the largest message. WeChat allows a text of 2,048 bytes; the largest
	// events list a few hundred ids.
	maxBody = 64 << 10
	// maxEcho is the longest echostr. WeChat sends about 20 digits.
	maxEcho = 512
	// retryAfter is in seconds. WeChat repeats after 5 s by itself.
	retryAfter = "5"
)

// handler is the http.Handler of one Config.
type handler struct {
	receiver *Receiver
	// A function, because fmt prints a struct by reflection where it cannot call its
	// methods, and finds no Token in a function.
	config  func() *Config
	key     *wxapi.PushKey // nil in 明文模式
	refused refusals
}

func newHandler(r *Receiver, c Config) (http.Handler, error) {
	key, err := r.pushKey(c)
	if err = errors.Join(c.check(), err); err != nil {
		return nil, err
	}
	return &handler{receiver: r, config: func() *Config { return &c }, key: key}, nil
}

// String names the account only.
func (h *handler) String() string { return "wechat push handler of " + h.receiver.account.AppID }

// Format writes String for every verb.
func (h *handler) Format(f fmt.State, _ rune) { io.WriteString(f, h.String()) }

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
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

// verifyAddress answers the console's check of the address (接入指南).
func (h *handler) verifyAddress(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p, ok := readParameters(q)
	echo := q.Get("echostr")
	now := h.receiver.account.Now()
	switch {
	case !ok || !p.signed(h.config().Token) || echo == "" || len(echo) > maxEcho:
		h.refuse(w, r, notSigned)
	case !near(p.time, now):
		h.refuse(w, r, wrongTime, "timestamp", p.time, "here", now)
	default:
		io.WriteString(w, echo)
	}
}

// receive checks and reads a message, and answers before the hook is called.
func (h *handler) receive(w http.ResponseWriter, r *http.Request) {
	p, body, why := h.authentic(w, r)
	if why != "" {
		h.refuse(w, r, why)
		return
	}
	now := h.receiver.account.Now()
	if !near(p.time, now) {
		h.refuse(w, r, wrongTime, "timestamp", p.time, "here", now)
		return
	}
	if h.key == nil && !h.receiver.firstUse(p.signature, body) {
		h.refuse(w, r, reused)
		return
	}
	message, err := readMessage(body)
	if err != nil {
		h.refuse(w, r, notAMessage)
		return
	}
	if !p.timely(message.Time, now) {
		h.refuse(w, r, wrongTime, "timestamp", p.time, "here", now, "created", message.Time)
		return
	}
	if !h.accept(r.Context(), message, messageKey(h.receiver.account.AppID, message, body)) {
		w.Header().Set("Retry-After", retryAfter)
		h.refuse(w, r, noRoom)
		return
	}
	io.WriteString(w, "success")
}

// authentic returns the body of a request that is signed with our token, decrypted.
// It says nothing about the time. In 明文模式 the signature does not cover the body.
func (h *handler) authentic(w http.ResponseWriter, r *http.Request) (p parameters, body []byte, why refusal) {
	q := r.URL.Query()
	if encrypted := q.Get("encrypt_type") == "aes"; encrypted != (h.key != nil) {
		return p, nil, wrongMode
	}
	p, ok := readParameters(q)
	if !ok || h.key == nil && !p.signed(h.config().Token) {
		return p, nil, notSigned
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if limit := (*http.MaxBytesError)(nil); errors.As(err, &limit) {
		return p, nil, tooLarge
	}
	if err != nil {
		return p, nil, cutOff
	}
	if h.key == nil {
		return p, body, ""
	}
	envelope, _, err := readFields(body)
	if err != nil {
		return p, nil, notOurs
	}
	body, err = h.key.Open(h.config().Token, p.messageSignature, p.timestamp, p.nonce, strings.TrimSpace(envelope["Encrypt"]))
	if err != nil {
		return p, nil, notOurs
	}
	return p, body, ""
}

// refuse answers with a status and no word, and logs the reason.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, why refusal, more ...any) {
	a := &h.receiver.account
	h.refused.log(r.Context(), a.Logger, a.Now(), why, more...)
	a.observe(r.Context(), Notice{Name: "push.rejected", Reason: why.word()})
	w.WriteHeader(why.status())
}
