package core

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/follow"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// A person who is logged in must not fill the log either.
func TestWhatAVisitorCanRepeatIsLoggedOnceAMinute(t *testing.T) {
	ctx, trouble := t.Context(), errors.New("trouble")
	for what, tell := range map[string]func(w *watch, v *visit){
		"an idle time that cannot be written": func(w *watch, _ *visit) { w.touchFailed(ctx, trouble) },
		"a session that cannot be deleted":    func(w *watch, _ *visit) { w.deleteFailed(ctx, trouble) },
		"a hook that fails":                   func(w *watch, _ *visit) { w.hookFailed(ctx, "OnLogin", trouble) },
		"a follower":                          func(w *watch, _ *visit) { w.followChecked(ctx, follow.Check{OpenID: "oAlice_1", Follows: true}) },
		"a follower check that fails":         func(w *watch, _ *visit) { w.followChecked(ctx, follow.Check{OpenID: "oAlice_1", Err: trouble}) },
		"a session that ended":                func(_ *watch, v *visit) { v.sessionEnded(&User{OpenID: "oAlice_1"}, "logout") },
		"a wrong number at a screen":          func(_ *watch, v *visit) { v.screenTold(ScreenWrongNumber, "", "x", slog.LevelInfo) },
		"a screen over http":                  func(_ *watch, v *visit) { v.secureHere() },
		"a callback that was not needed": func(_ *watch, v *visit) {
			v.callback, v.user = codeReturned, &User{OpenID: "oAlice_1"}
			v.arrived()
		},
		"a login that is over": func(_ *watch, v *visit) { v.showed(RefusedPage, "", nil, false) },
	} {
		r := newRig(t)
		v := &visit{auth: r.auth, gate: r.gate(ModeRequire), ctx: ctx, request: &Request{}, now: r.now(), at: web.Origin{Scheme: "http", Host: "app.example.com"}}
		v.screen.code = "code"
		began := len(r.log.String())
		for range 3 {
			tell(r.auth.watch, v)
		}
		if n := strings.Count(r.log.String()[began:], "msg="); n != 1 {
			t.Errorf("rule: %s is logged once a minute: %d lines\n%s", what, n, r.log.String()[began:])
		}
	}
}
