package platform

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed467724c4/wechat/core/wxapi"
)

const (
	// maxBody is the largest push, as in package push.
	maxBody = 64 << 10
	// window is how far WeChat's time may be from ours, as in package push.
	window = 5 * time.Minute
	// answerWithin is how long WeChat waits for a consent to be stored. It takes 5 s
	// for lost and pushes again.
	answerWithin = 3 * time.Second
	// logEvery is how often one reason of a refusal is logged.
	logEvery = time.Minute
)

// event is what WeChat pushes to 授权事件接收URL.
type event struct {
	AppID      string `xml:"AppId"`
	CreateTime int64
	InfoType   string
	Ticket     string `xml:"ComponentVerifyTicket"`
	Account    string `xml:"AuthorizerAppid"`
	Code       string `xml:"AuthorizationCode"`
}

// EventHandler receives what WeChat pushes to the platform's 授权事件接收URL: tickets, and
// accounts that agree, change their permissions or take their consent back. Mount it on
// a path of its own without any gate.
//
// Only messages that are encrypted for this platform and signed with its Token, within
// 5 minutes, are read; anything else is 403 (413 above 64 KiB) and the log has the
// reason, once a minute. The answer is success once the event is stored; 503 where that
// failed, so that WeChat pushes again.
func (p *Platform) EventHandler() http.Handler {
	refused := &refusals{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header(w)
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", "POST")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		body, status, why := p.open(w, r)
		var e event
		if why == "" {
			e, status, why = p.readEvent(body)
		}
		if why != "" {
			refused.log(r.Context(), p, why)
			w.WriteHeader(status)
			return
		}
		if err := p.handle(r.Context(), e); err != nil {
			p.config.logger().ErrorContext(r.Context(), "wechat: an event for the platform was not handled, WeChat pushes it again", "type", e.InfoType, "app_id", e.Account, "error", err)
			w.Header().Set("Retry-After", "5")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		io.WriteString(w, "success")
	})
}

func header(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
}

// open returns what a push holds, once it is shown to be WeChat's for this platform.
func (p *Platform) open(w http.ResponseWriter, r *http.Request) (body []byte, status int, why string) {
	q := r.URL.Query()
	timestamp, nonce := q.Get("timestamp"), q.Get("nonce")
	if !isTimestamp(timestamp) || !isNonce(nonce) {
		return nil, http.StatusForbidden, "not signed by WeChat"
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if limit := (*http.MaxBytesError)(nil); errors.As(err, &limit) {
		return nil, http.StatusRequestEntityTooLarge, "more than 64 KiB"
	}
	var envelope struct{ Encrypt string }
	if err != nil || xml.Unmarshal(raw, &envelope) != nil {
		return nil, http.StatusForbidden, "not a message"
	}
	body, err = p.key.Open(p.token(), q.Get("msg_signature"), timestamp, nonce, strings.TrimSpace(envelope.Encrypt))
	if err != nil {
		return nil, http.StatusForbidden, "not signed by WeChat for this platform (Token, EncodingAESKey, AppID)"
	}
	seconds, _ := strconv.ParseInt(timestamp, 10, 64) // ten digits always are a number
	if !p.isNear(seconds) {
		return nil, http.StatusForbidden, "more than 5 minutes from this server's clock"
	}
	return body, http.StatusOK, ""
}

// isTimestamp and isNonce let only what WeChat sends be part of a signed text: SHA-1
// lets a stranger extend a text that he does not know, see package push.
func isTimestamp(s string) bool {
	return len(s) == 10 && strings.Trim(s, "0123456789") == ""
}

func isNonce(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func (p *Platform) isNear(seconds int64) bool {
	away := p.now().Sub(time.Unix(seconds, 0))
	return -window <= away && away <= window
}

// readEvent reads an event that is WeChat's.
func (p *Platform) readEvent(body []byte) (e event, status int, why string) {
	if err := xml.Unmarshal(body, &e); err != nil || e.InfoType == "" {
		return e, http.StatusForbidden, "not an event"
	}
	switch {
	case e.AppID != p.config.AppID:
		return e, http.StatusForbidden, "for another platform"
	case !p.isNear(e.CreateTime):
		return e, http.StatusForbidden, "made more than 5 minutes ago"
	}
	return e, http.StatusOK, ""
}

// handle stores what an event says.
func (p *Platform) handle(ctx context.Context, e event) error {
	made := time.Unix(e.CreateTime, 0)
	switch e.InfoType {
	case "component_verify_ticket":
		if e.Ticket == "" || len(e.Ticket) > 512 {
			return nil
		}
		return p.keepTicket(context.WithoutCancel(ctx), e.Ticket, made)
	case "authorized", "updateauthorized":
		if !appIDShape.MatchString(e.Account) || e.Code == "" || len(e.Code) > 512 {
			return nil
		}
		// WeChat waits 5 s, and the calls may take longer: then they go on.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
		defer cancel()
		_, err := p.connect(ctx, e.Code, e.Account, made)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil || isCode(err, 61009) || isCode(err, 61010) || wxapi.IsWithdrawn(err) {
			return nil // the same push again would not help
		}
		return err
	case "unauthorized":
		if !appIDShape.MatchString(e.Account) {
			return nil
		}
		return p.withdraw(context.WithoutCancel(ctx), e.Account, made)
	}
	return nil // of no concern: notify_third_fasteregister and others
}

// refusals logs each reason once a minute.
type refusals struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (f *refusals) log(ctx context.Context, p *Platform, why string) {
	f.mu.Lock()
	now := p.now()
	last, seen := f.last[why]
	due := !seen || now.Sub(last) >= logEvery || now.Before(last)
	if due {
		if f.last == nil {
			f.last = map[string]time.Time{}
		}
		f.last[why] = now
	}
	f.mu.Unlock()
	if due {
		p.config.logger().WarnContext(ctx, "wechat: a push to the platform was refused", "reason", why)
	}
}
