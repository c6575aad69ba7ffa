package core

import (
	"log/slog"
	"time"

	"github.com/seed467724c4/wechat/core/internal/screen"
)

// What is told of screen login. A page that waits tells nothing but its LoginChallenge,
// and that once for each code.

// screenTold tells what has become of a code. text is what the log says.
func (v *visit) screenTold(name, openID, text string, level slog.Level) {
	w := v.auth.watch
	if v.screen.code == "" || !w.listens(v.ctx, level) {
		return
	}
	w.tell(v.ctx, Event{Name: name, Flow: v.screen.id.Flow(), OpenID: openID}, line{level: level, kind: name, text: "wechat: " + text + " (logged once a minute)"})
}

// screenAnswered tells what a phone has done.
func (v *visit) screenAnswered(done screenStep) {
	mine, n := v.user.OpenID, v.screen.note
	switch {
	case n.OpenID != mine:
	case done == scanCode && n.State == screen.Scanned:
		v.screenTold(ScreenScanned, mine, "a phone has opened the code of a screen", slog.LevelDebug)
	case done == allowScreen && n.State == screen.Allowed:
		v.screenTold(ScreenAllowed, mine, "a phone has allowed a screen", slog.LevelDebug)
	case done == denyScreen && n.State == screen.Denied:
		v.screenTold(ScreenDenied, mine, "a phone has refused a screen", slog.LevelInfo)
	}
}

// screenAge is for how long the screen that was logged in has shown its code.
func (v *visit) screenAge() time.Duration {
	return max(0, v.now.Sub(v.screen.id.ShownAt)).Truncate(time.Second)
}
