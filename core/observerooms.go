package core

import (
	"context"
	"log/slog"

	"github.com/seed467724c4/wechat/core/internal/follow"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// What rooms report, through functions that they are given.

// flowKey finds the login that a call to WeChat belongs to.
type flowKey struct{}

// retryKey marks the second try of a call.
type retryKey struct{}

// withFlow is the request's context, with the login for the calls to WeChat.
func (v *visit) withFlow() context.Context {
	if !v.auth.watch.listens(v.ctx, slog.LevelDebug) {
		return v.ctx
	}
	return context.WithValue(v.ctx, flowKey{}, v.flow())
}

// called tells that a call to WeChat has ended.
func (w *watch) called(ctx context.Context, c wxapi.Call) {
	if !w.listens(ctx, slog.LevelDebug) {
		return
	}
	e := Event{Name: APICall, Endpoint: c.Endpoint, Errcode: errcode(c.Err), RID: requestID(c.Err), Took: c.Took}
	e.Flow, _ = ctx.Value(flowKey{}).(string)
	again, _ := ctx.Value(retryKey{}).(bool)
	e.Retry = c.Retry || again
	w.tell(ctx, e, line{level: slog.LevelDebug, kind: APICall + " " + c.Endpoint + " " + e.Errcode, text: "wechat: a call to WeChat (logged once a minute)"})
}

// tokenRefreshed tells the observer; wxapi has written the line.
func (w *watch) tokenRefreshed(ctx context.Context, r wxapi.Refresh) {
	e := Event{Name: TokenRefresh, Kind: r.Value, Reason: r.Reason, Source: "api", Result: "ok", RID: requestID(r.Err), Took: r.Took}
	if r.Shared {
		e.Source = "cache"
	}
	if r.Err != nil {
		e.Result, e.Errcode = "failed", errcode(r.Err)
	}
	w.emit(ctx, w.complete(e))
}

// followChecked tells that a look-up of a follower has ended.
func (w *watch) followChecked(ctx context.Context, c follow.Check) {
	e := Event{Name: FollowCheck, Result: yesOrNo(c.Follows), Source: "api", Took: c.Took, OpenID: c.OpenID}
	if c.Shared {
		e.Source = "cache"
	}
	l := line{level: slog.LevelDebug, kind: FollowCheck, text: "wechat: does a visitor follow (logged once a minute)"}
	if c.Err != nil {
		e.Result, e.Errcode, e.RID = "unknown", errcode(c.Err), requestID(c.Err)
		l = line{level: slog.LevelWarn, kind: FollowCheck + " " + e.Errcode, text: "wechat: whether a visitor follows is not known (logged once a minute)", more: explain(c.Err)}
	}
	w.tell(ctx, e, l)
}

// followHeard tells what a message says about a follower.
func (w *watch) followHeard(ctx context.Context, openID string, follows bool) {
	w.tell(ctx, Event{Name: FollowChanged, Result: yesOrNo(follows), Source: "push", OpenID: openID}, line{level: slog.LevelDebug, text: "wechat: a person follows, or no longer does"})
}

func yesOrNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// pushed tells the observer about a request from WeChat; push has written the line.
func (w *watch) pushed(ctx context.Context, n push.Notice) {
	w.emit(ctx, w.complete(Event{Name: n.Name, Kind: n.Kind, Result: n.Result, Reason: n.Reason, OpenID: n.OpenID}))
}

// sessionRenewed tells that a session was written without a login.
func (w *watch) sessionRenewed(ctx context.Context, reason, openID string) {
	if !w.listens(ctx, slog.LevelDebug) {
		return
	}
	w.tell(ctx, Event{Name: SessionRenew, Reason: reason, OpenID: openID}, line{level: slog.LevelDebug, text: "wechat: a session was renewed"})
}

// touchFailed tells that an idle time could not be written. The request goes on, so it is
// a line only: it is on the path of logged-in visitors.
func (w *watch) touchFailed(ctx context.Context, err error) {
	if write, silent, _ := w.reports.next("idle time", w.now()); write {
		w.logger().LogAttrs(ctx, slog.LevelWarn, "wechat: the idle time of a session could not be written", slog.String("error", err.Error()), slog.Int("more", silent))
	}
}

// deleteFailed tells that a session which was logged out everywhere is still in the
// store. Its end was told as an event, so it is a line only.
func (w *watch) deleteFailed(ctx context.Context, err error) {
	if write, silent, _ := w.reports.next("logout everywhere", w.now()); write {
		w.logger().LogAttrs(ctx, slog.LevelWarn, "wechat: a session that was logged out everywhere could not be deleted (logged once a minute)", slog.String("error", err.Error()), slog.Int("more", silent))
	}
}
