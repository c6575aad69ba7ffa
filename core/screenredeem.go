package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/screen"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// redeem logs this screen in without a number: its device is known to be the person's
// own.
func (v *visit) redeem() {
	n, ok, err := v.auth.screens.codes.Spend(v.ctx, v.screen.id.Name(), "", true)
	switch {
	case err != nil:
		v.callback, v.reason, v.stage = unavailable, screenTrouble(err), "store"
	case !ok:
		// Another tab was faster, or the person has refused meanwhile.
		v.wait(v.shownBefore().Done())
	default:
		v.enter(n)
	}
}

// enter logs this screen in as the person who allowed it. The answer is spent: whatever
// fails here, the person has to allow another code.
func (v *visit) enter(n screen.Note) {
	v.former, v.screen.entered = v.user, true
	r, err := v.guest(n)
	if err == nil {
		err = v.enterAs(r)
	}
	switch {
	case err == nil:
		v.callback, v.reason = loggedIn, nil
	case errors.Is(err, ErrDenied):
		v.callback, v.reason = denied, err
	case errors.Is(err, errPhoneLeft):
		v.screen.entered = false
		v.wait(v.shownBefore().Done())
	default:
		v.callback, v.reason, v.stage = unavailable, unavailableFor(err), "session"
	}
}

// errPhoneLeft means that the phone was logged out after its person allowed the login, or
// that somebody else has logged in there.
var errPhoneLeft = errors.New("the phone was logged out, or has another person, meanwhile")

// guest is the person who allowed this screen, as the app's OnLogin has confirmed.
func (v *visit) guest(n screen.Note) (result, error) {
	rec, ok := decodeRecord(n.Answer.Record, v.auth.apps)
	if !ok || n.Origin != v.at.String() || rec.user.OpenID != n.OpenID {
		return result{}, errors.New("screen login: an answer that is not for this site")
	}
	there, err := v.auth.sessions.RecordAfter(v.ctx, n.Answer.Session)
	if err != nil {
		return result{}, err
	}
	if now, ok := decodeRecord(there, v.auth.apps); !ok || now.user.OpenID != n.OpenID {
		return result{}, errPhoneLeft
	}
	switch current, err := v.auth.sessions.IsCurrent(v.ctx, n.OpenID, rec.ext.generation); {
	case err != nil:
		return result{}, err
	case !current:
		return result{}, errPhoneLeft
	}
	u := rec.user
	u.Screen, u.LoggedInAt = true, v.now.Truncate(time.Second)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx), callbackTimeout)
	defer cancel()
	if err := v.auth.logins.hook(ctx, &u); err != nil {
		return result{}, err
	}
	return result{outcome: loggedIn, user: &u, ext: rec.ext}, nil
}

// enterAs gives the screen a session of its own, with a new token, and renews what it
// proves itself with: the code that led here can be redeemed by nobody again.
func (v *visit) enterAs(r result) error {
	w, err := v.logIn(r)
	if err != nil {
		return err
	}
	if w.Gone {
		v.addHeader(w.Header)
		return errPhoneLeft // the screen itself was logged out meanwhile
	}
	u := r.user
	v.header.Del("Set-Cookie") // of a touch, and of codes that are over
	v.addHeader(w.Header)
	v.user, v.ext = u, r.ext
	v.stored = session.Stored{Token: w.Token}
	v.setBinding(proof.NewBinding())
	s := v.auth.screens
	v.add("Set-Cookie", web.SetCookie(s.shown, "", v.at.IsHTTPS(), 0))
	v.add("Set-Cookie", web.SetCookie(s.device, s.keys.Device(v.now, u.OpenID, v.at), v.at.IsHTTPS(), int(proof.DeviceLife/time.Second)))
	return nil
}

// forgetDevice removes the device cookie, unless it is this person's. openID is "" where
// the visitor logs out.
func (v *visit) forgetDevice(openID string) {
	s := v.auth.screens
	if s == nil {
		return
	}
	for range web.CookieValues(v.request.Header, web.CookieName(s.device, v.at.IsHTTPS())) {
		if openID == "" || !v.isDeviceOf(openID) {
			v.add("Set-Cookie", web.SetCookie(s.device, "", v.at.IsHTTPS(), 0))
		}
		return
	}
}

// enterNumber is the answer to the form with the digits.
func (v *visit) enterNumber(number string) *Outcome {
	n, ok, err := v.auth.screens.codes.Spend(v.ctx, v.screen.id.Name(), number, false)
	if err != nil {
		return v.unavailable("store", fmt.Errorf("screen login: %w", err))
	}
	v.screen.note = n
	if ok {
		v.enter(n)
		switch v.callback {
		case unavailable:
			return v.page(UnavailablePage, v.reason)
		case denied:
			return v.page(DeniedPage, v.reason)
		}
		v.arrived()
		return v.redirect(http.StatusSeeOther, v.at.URL(v.screenTo()))
	}
	if n.State == screen.Allowed || n.State == screen.Locked {
		v.screenTold(ScreenWrongNumber, "", "a screen was told a wrong number", slog.LevelInfo)
	}
	switch n.State {
	case screen.Allowed:
		v.screen.state, v.screen.kept = screenAllowed, true
		return v.screenPage()
	case screen.Locked:
		v.screen.state, v.screen.shown = screenLocked, v.shownBefore().Done()
		return v.screenPage()
	}
	// Another tab was faster, or there is no answer any more: the page itself knows.
	return v.redirect(http.StatusSeeOther, v.at.URL(v.screenTo()))
}

// screenTo is the page that the screen waits on.
func (v *visit) screenTo() web.Target {
	if v.gate.then == nil {
		return v.askedPage()
	}
	to := formIn(v.ctx).Get(toField)
	if t, ok := web.ParseTarget(to); ok && web.IsLocal(to) {
		return t
	}
	return web.Target{Path: "/"}
}
