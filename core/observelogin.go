package core

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/web"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// What is told of a login. Each method is called where the thing is decided.

// flow is the login that this callback belongs to; "" where there is none. A state that
// is no longer valid belongs to a login that was abandoned. Residual risk: whoever has a
// callback's address within those 10 minutes can end its login in the statistics.
func (v *visit) flow() string {
	if v.screen.entered {
		return v.screen.id.Flow()
	}
	if v.state.Shape != proof.OwnState || v.now.Sub(v.state.IssuedAt) > proof.StateLife {
		return ""
	}
	return v.state.Flow()
}

// event begins an event about the login that came back.
func (v *visit) event(name string) Event {
	e := Event{Name: name, Flow: v.flow()}
	if v.state.Shape == proof.OwnState {
		e.Attempt, e.Scope = v.state.Attempt, v.askedWord()
	}
	return e
}

// age is how long ago the login started. Clocks of two nodes differ, so it may be less
// than nothing, which counts as nothing.
func (v *visit) age() time.Duration {
	if v.screen.entered {
		return v.screenAge()
	}
	if v.state.Shape != proof.OwnState {
		return 0
	}
	return max(0, v.auth.now().Sub(v.state.IssuedAt)).Truncate(time.Second)
}

// askedWord is the scope of the login that came back.
func (v *visit) askedWord() string {
	if v.state.Website {
		return websiteWord
	}
	return scopeWord(v.scopeAsked())
}

// websiteWord is the one scope of a website application, as a label of metrics.
const websiteWord = "login"

// scopeWord is a scope as a label of metrics.
func scopeWord(s Scope) string {
	if s == Prompt {
		return "userinfo"
	}
	return "base"
}

// started tells that the visitor is sent to WeChat with a new state.
func (v *visit) started(by application, state string, scope Scope, attempt int, asksFirst bool) {
	w := v.auth.watch
	if !w.listens(v.ctx, slog.LevelDebug) {
		return
	}
	e := Event{Name: LoginStart, Flow: proof.FlowOf(state), Attempt: attempt, Scope: scopeWord(scope), Entry: "gate", Client: v.client()}
	if by != application(v.auth.account) {
		e.Scope = websiteWord
	}
	switch {
	case asksFirst:
		e.Entry = "ask_first"
	case v.gate.mode == ModeLogin:
		e.Entry = "login_path"
	}
	if reason := v.restartReason(); reason != "" {
		v.restarted(reason)
		e.Former = v.flow()
	}
	w.tell(v.ctx, e, line{level: slog.LevelDebug, text: "wechat: login started (logged once a minute)", kind: LoginStart})
}

// restartReason is why a visitor who came back is sent to WeChat again; "" for one who
// did not come back.
func (v *visit) restartReason() string {
	lost, _ := v.isLostReturn()
	switch {
	case lost:
		return "lost_state"
	case v.callback == staleState:
		return v.staleReason()
	case v.callback == codeDead:
		return "code_used"
	case v.callback == codeReturned:
		return "superseded"
	}
	return ""
}

// staleReason is why a state does not count.
func (v *visit) staleReason() string {
	switch {
	case v.now.Sub(v.state.IssuedAt) > proof.StateLife:
		return "expired"
	case v.binding.ID == "":
		return "no_cookie"
	}
	return "bad_state"
}

func (v *visit) restarted(reason string) {
	e := v.event(LoginRestart)
	e.Reason, e.RID = reason, requestID(v.reason)
	var more []slog.Attr
	if v.reason != nil {
		e.Errcode, more = errcode(v.reason), explain(v.reason)
	}
	v.auth.watch.tell(v.ctx, e, line{level: slog.LevelInfo, text: "wechat: a login starts again (logged once a minute)", kind: LoginRestart + " " + reason, more: more})
}

// cameBack tells what a callback came to, before what follows from it.
func (v *visit) cameBack() {
	w := v.auth.watch
	if v.callback == noCallback || v.kind != web.Navigation || !w.listens(v.ctx, slog.LevelDebug) {
		return
	}
	e := v.event(LoginCallback)
	e.Age, e.Result = v.age(), v.callbackResult()
	w.tell(v.ctx, e, line{level: slog.LevelDebug, text: "wechat: a visitor is back from WeChat (logged once a minute)", kind: LoginCallback + " " + e.Result})
}

func (v *visit) callbackResult() string {
	switch v.callback {
	case codeReturned:
		return "covered"
	case refusalReturned:
		return "no_code"
	case staleState:
		return v.staleReason()
	case loggedIn:
		if v.remembered {
			return "remembered"
		}
		return "exchanged"
	case codeDead:
		return "code_used"
	case tooLittle:
		return "less_granted"
	case snapshot:
		return "snapshot"
	case denied:
		return "denied"
	}
	return "unavailable"
}

// arrived tells that a login is done, or that its callback was not needed.
func (v *visit) arrived() {
	w := v.auth.watch
	if v.callback == noCallback || v.user == nil || !w.listens(v.ctx, slog.LevelDebug) {
		return
	}
	e := v.event(LoginCovered)
	e.OpenID = v.user.OpenID
	if v.callback == loggedIn {
		e.Name, e.NewSession, e.Raised = LoginDone, v.former == nil, v.former.level() == silentLevel && v.user.level() == promptLevel
	} else if e.Flow == "" {
		e = Event{Name: LoginRepeat, Attempt: e.Attempt, Scope: e.Scope, Result: "covered"}
	}
	e.Remote = v.screen.entered
	e = v.ending(e)
	// Only who has logged in at WeChat can cause this line, so each login leaves one.
	l := line{level: slog.LevelDebug, text: "wechat: login done"}
	if e.Name != LoginDone {
		l = line{level: slog.LevelDebug, text: "wechat: a callback that was not needed (logged once a minute)", kind: e.Name}
	}
	w.tell(v.ctx, e, l)
}

// ending completes an event that ends a login. It is another event if the login has ended
// before.
func (v *visit) ending(e Event) Event {
	w := v.auth.watch
	if e.Name == LoginRepeat {
		return e
	}
	e.Took = v.age()
	if w.ends == nil || e.Flow == "" {
		return e
	}
	first, at := w.ends.Is(v.ctx, e.Flow, v.now)
	if first {
		return e
	}
	again := Event{Name: LoginRepeat, Flow: e.Flow, Attempt: e.Attempt, Scope: e.Scope, Result: strings.TrimPrefix(e.Name, "login.")}
	if !at.IsZero() {
		again.Took = max(0, v.now.Sub(at))
	}
	return again
}

// showed tells why a visitor sees a page, and returns the reference for it. An answer of
// the app's own (OnError) is told to the observer alone: the app has the error.
func (v *visit) showed(kind PageKind, fault Fault, err error, own bool) (reference string) {
	w := v.auth.watch
	level := slog.LevelInfo
	if kind == OutsidePage || kind == ScreenWaitPage || kind == FramePage || kind == LogInAgainPage || kind == FollowPage {
		level = slog.LevelDebug // what an ordinary visitor may see
	}
	shows := kind == UnavailablePage || kind == StuckPage
	if !shows && !w.listens(v.ctx, level) {
		return ""
	}
	e, text := v.pageEvent(kind, fault, err)
	if e.Name == "" {
		return ""
	}
	l := line{level: level, text: text, kind: e.Name + " " + e.Kind}
	if shows {
		l = v.troubleLine(kind, fault, err)
	}
	switch {
	case own && w.observer != nil:
		w.emit(v.ctx, w.complete(e))
	case own:
	case shows:
		return w.tellWithReference(v.ctx, e, l)
	default:
		w.tell(v.ctx, e, l)
	}
	return ""
}

// pageEvent is what a page means; its name is "" for a page that means nothing.
func (v *visit) pageEvent(kind PageKind, fault Fault, err error) (e Event, text string) {
	switch kind {
	case OutsidePage:
		return Event{Name: LoginChallenge, Kind: "outside", Client: v.client()}, "wechat: a visitor is not inside WeChat (logged once a minute)"
	case ScreenWaitPage:
		if v.screen.kept {
			return Event{}, "" // the same code once more
		}
		return Event{Name: LoginChallenge, Kind: "screen", Client: v.client()}, "wechat: a screen shows a code (logged once a minute)"
	case FramePage:
		return Event{Name: LoginChallenge, Kind: "frame", Client: v.client()}, "wechat: a page that needs a login is in a frame (logged once a minute)"
	case LogInAgainPage:
		return Event{Name: LoginChallenge, Kind: "form", Client: v.client()}, "wechat: a form came without a login (logged once a minute)"
	case RefusedPage:
		return v.ending(v.event(LoginRefused)), "wechat: a visitor refused the login (logged once a minute)"
	case SnapshotPage:
		return v.ending(v.event(LoginSnapshot)), "wechat: a snapshot page asked for a login (logged once a minute)"
	case DeniedPage:
		return v.ending(v.event(LoginDenied)), "wechat: the app refused a person (logged once a minute)"
	case StuckPage:
		e = v.event(LoginStuck)
		e.Reason = string(fault)
		return v.ending(e), ""
	case UnavailablePage:
		if v.stage == stageLeft {
			return v.event(LoginLeft), ""
		}
		e = v.event(LoginUnavailable)
		e.Stage, e.RID = v.stage, requestID(err)
		if e.Errcode = errcode(err); e.Errcode == "0" {
			e.Errcode = ""
		}
		return v.ending(e), ""
	case FollowPage:
		e = Event{Name: FollowRefused}
		if v.user != nil {
			e.OpenID = v.user.OpenID
		}
		return e, "wechat: a visitor does not follow the account (logged once a minute)"
	case ForbiddenPage:
		if errors.Is(err, ErrCrossSite) {
			return Event{Name: LogoutCrossSite}, "wechat: another site asked for a logout (logged once a minute)"
		}
	}
	return Event{}, ""
}

// troubleLine is the line for a page with a reference.
func (v *visit) troubleLine(kind PageKind, fault Fault, err error) line {
	l := line{
		level: slog.LevelWarn, text: "wechat: login failed (logged once a minute)",
		kind: string(kind) + " " + string(fault) + " " + v.stage,
		more: append([]slog.Attr{slog.String("page", string(kind))}, explain(err)...),
	}
	if fault != "" {
		l.more = append(l.more, slog.String("fault", string(fault)))
	}
	if code := errcode(err); kind == UnavailablePage {
		l.kind += " " + code
	}
	if wxapi.Classify(err) == wxapi.ClassOperator {
		l.level, l.text = slog.LevelError, "wechat: login failed, the account's settings need a look (logged once a minute)"
	}
	return l
}

// challenged tells that a request without a login got 401.
func (w *watch) challenged(ctx context.Context, r *Request) {
	if !w.listens(ctx, slog.LevelDebug) {
		return
	}
	w.tell(ctx, Event{Name: LoginChallenge, Kind: "script", Client: clientOf(r)}, line{
		level: slog.LevelDebug, kind: LoginChallenge + " script", text: "wechat: a script came without a login (logged once a minute)",
	})
}

// forged tells of a state that looks like ours and is not.
func (v *visit) forged() {
	v.auth.watch.tell(v.ctx, Event{Name: LoginForged, Client: v.client()}, line{
		level: slog.LevelWarn, kind: LoginForged, text: "wechat: a state that no key of ours signed (logged once a minute)",
	})
}

// sessionEnded tells that the visitor's session ended before its time.
func (v *visit) sessionEnded(u *User, reason string) {
	w := v.auth.watch
	if !w.listens(v.ctx, slog.LevelDebug) {
		return
	}
	e := Event{Name: SessionEnd, Reason: reason}
	if u != nil {
		e.OpenID = u.OpenID
	}
	w.tell(v.ctx, e, line{level: slog.LevelDebug, kind: SessionEnd + " " + reason, text: "wechat: a session ended (logged once a minute)"})
}

// client is the kind of program that asks, by its User-Agent.
func (v *visit) client() string { return clientOf(v.request) }

func clientOf(r *Request) string { return clientWord(web.FirstHeader(r.Header, "User-Agent")) }

func clientWord(userAgent string) string {
	switch ua := strings.ToLower(userAgent[:min(len(userAgent), maxUserAgent)]); {
	case strings.Contains(ua, "wxwork"):
		return "wecom"
	case strings.Contains(ua, "micromessenger") && strings.Contains(ua, "miniprogram"):
		return "miniprogram"
	case strings.Contains(ua, "micromessenger"):
		return "wechat"
	case strings.Contains(ua, "bot") || strings.Contains(ua, "spider") || strings.Contains(ua, "crawl") || strings.Contains(ua, "curl/") || !strings.HasPrefix(ua, "mozilla/"):
		return "bot"
	}
	return "browser"
}

// maxUserAgent is how much of a User-Agent is read. WeChat's have about 250 bytes.
const maxUserAgent = 1024
