package core

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"
)

// Observer is told what happens: see [Config.Observer]. Observe is called in the
// goroutine of the request, before the answer is written, so it must not block. It is
// called concurrently. A panic in it is recovered and logged. ctx is the request's, so
// spans nest; calls to WeChat that several requests share have the values of the first
// request's context. Ignore events whose name you do not know: later versions add names
// and fields.
//
// A login is one trip to WeChat. It has one [LoginStart] and at most one end:
// [LoginDone], [LoginCovered], [LoginRefused], [LoginDenied], [LoginSnapshot],
// [LoginStuck] or [LoginUnavailable] with the same Flow. A start without an end was
// abandoned, or went on as another login ([LoginRestart]). Start and end may come from
// two nodes. So that a login that ends on one node does not end again on another, the
// nodes need one Config.Cache. Two nodes that end one login at the same instant may
// both say so.
//
// Nothing happens on behalf of a logged-in visitor who opens a page: there is no event
// for it.
type Observer interface {
	Observe(ctx context.Context, e Event)
}

// Event is one happening. Which fields are set depends on Name; see the names. All
// texts but the ids are from short fixed lists, so they can be labels of metrics. No
// field holds a secret, a code, a token, a state, a query, a cookie or a text of
// WeChat's.
//
// Printed with fmt, slog or encoding/json, an Event leaves out OpenID.
type Event struct {
	Name    string    // one of the names below
	Time    time.Time // by the instance's clock
	Account string    // Config.Name, or else the account's app id

	Flow     string // the login: a hash of the nonce in its state; "" where no login is known
	Former   string // the Flow of the login that this one continues, after a restart
	Attempt  int    // which trip to WeChat this is, from 1
	Scope    string // what the login asks for: "base", "userinfo", or "login" for a website's QR code
	Entry    string // where the login began: "gate", "login_path", "ask_first"
	Client   string // "wechat", "wecom", "miniprogram", "browser", "bot"
	Kind     string // what kind of challenge, message or value this is
	Result   string // what it came to
	Reason   string // why
	Stage    string // what failed: "exchange", "userinfo", "session", "store", "hook", "follow", "limit"
	Source   string // where an answer came from: "api", "cache", "push"
	Endpoint string // the path at WeChat, such as "/sns/oauth2/access_token"
	Errcode  string // WeChat's errcode, "0" for success; "net" without a reply, "http_502" and "reply" for a reply that is not WeChat's
	RID      string // the request id that WeChat's support asks for
	Ref      string // the reference that the visitor's page shows, also in the log

	Took time.Duration // how long it took
	Age  time.Duration // how old the state was, in whole seconds

	NewSession bool // the visitor was anonymous before
	Raised     bool // from a silent session to a prompted one
	Remote     bool // on another device than the one that logs in
	Retry      bool // the second try of a call

	// UserHash names a person without saying who: HMAC-SHA-256 of the open id under a
	// key of the account, 32 hex digits. It changes with the app secret.
	UserHash string
	// OpenID is the person. An exporter that sends it on has chosen to.
	OpenID string `json:"-"`
}

// Observers tells several observers, in this order. A panic in one does not keep an
// event from the next. nil observers are left out; without any the result is nil.
func Observers(all ...Observer) Observer {
	var some observers
	for _, o := range all {
		if o != nil {
			some = append(some, o)
		}
	}
	switch len(some) {
	case 0:
		return nil
	case 1:
		return some[0]
	}
	return some
}

type observers []Observer

// Observe calls each one. The last panic goes on, so that it is logged.
func (all observers) Observe(ctx context.Context, e Event) {
	var panicked error
	for _, o := range all {
		if err := recovered("Observer", func() { o.Observe(ctx, e) }); err != nil {
			panicked = err
		}
	}
	if panicked != nil {
		panic(panicked)
	}
}

// Attrs are the fields that are set, Name as "event" first, for a log or a span. The
// names are those of the metrics: "flow", "errcode", "user_hash". Time and OpenID are
// not among them.
func (e Event) Attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("event", e.Name)}
	text := func(name, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(name, value))
		}
	}
	text("account", e.Account)
	text("flow", e.Flow)
	text("former", e.Former)
	if e.Attempt != 0 {
		attrs = append(attrs, slog.Int("attempt", e.Attempt))
	}
	text("scope", e.Scope)
	text("entry", e.Entry)
	text("client", e.Client)
	text("kind", e.Kind)
	text("result", e.Result)
	text("reason", e.Reason)
	text("stage", e.Stage)
	text("source", e.Source)
	text("endpoint", e.Endpoint)
	text("errcode", e.Errcode)
	text("rid", e.RID)
	text("reference", e.Ref)
	for _, d := range [...]struct {
		name  string
		value time.Duration
	}{{"took", e.Took}, {"age", e.Age}} {
		if d.value != 0 {
			attrs = append(attrs, slog.Duration(d.name, d.value))
		}
	}
	for _, b := range [...]struct {
		name  string
		value bool
	}{{"new_session", e.NewSession}, {"raised", e.Raised}, {"remote", e.Remote}, {"retry", e.Retry}} {
		if b.value {
			attrs = append(attrs, slog.Bool(b.name, true))
		}
	}
	text("user_hash", e.UserHash)
	return attrs
}

// String is the attributes as name=value.
func (e Event) String() string {
	text := ""
	for _, a := range e.Attrs() {
		if text != "" {
			text += " "
		}
		value := a.Value.String()
		if quoted := strconv.Quote(value); len(quoted) != len(value)+2 {
			value = quoted
		}
		text += a.Key + "=" + value
	}
	return text
}

// GoString is String.
func (e Event) GoString() string { return e.String() }

// Format is String under every verb.
func (e Event) Format(f fmt.State, _ rune) { fmt.Fprint(f, e.String()) }

// LogValue is the attributes as a group.
func (e Event) LogValue() slog.Value { return slog.GroupValue(e.Attrs()...) }
