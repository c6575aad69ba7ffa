package core

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/screen"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// readCode reads the code that the request is about. It comes before any login: nobody
// has to log in to read that a code is over.
func (v *visit) readCode() *Outcome {
	form := formIn(v.ctx)
	if v.asksOfScreen() == asksWebsite {
		return nil
	}
	if form != nil && v.kind == web.Script {
		v.kind = web.FormPost // whoever sends a form reads a page
	}
	v.screen.code = v.target.FirstParam(codeParam)
	if form != nil {
		v.screen.code = form.Get(codeParam)
	}
	var ok bool
	if v.screen.id, ok = v.auth.screens.keys.Parse(v.screen.code, v.at); !ok || !v.secureHere() {
		v.screen.code = ""
		return v.answerScreen(screenFacts{asks: v.asksOfScreen(), window: true})
	}
	return nil
}

// scopeOfCode is what the page needs that a code was made for.
func (a *Auth) scopeOfCode(r *Request) Scope {
	t, _, _ := web.ParseRequestTarget(r.Target)
	if at, ok := a.originOf(r); ok {
		if id, ok := a.screens.keys.Parse(t.FirstParam(codeParam), at); ok && id.Prompt {
			return Prompt
		}
	}
	return Silent
}

// asksOfScreen reads what the request asks for.
func (v *visit) asksOfScreen() screenAsk {
	form := formIn(v.ctx)
	switch {
	case form == nil && v.target.FirstParam(waitParam) != "":
		return asksState
	case form == nil && v.target.FirstParam(toField) != "":
		return asksWebsite
	case form == nil:
		return asksOpen
	case form.Has(numberField):
		return asksNumber
	case form.Get(answerField) == "allow":
		return asksAllow
	}
	return asksDeny
}

// answerScreen decides about a request at Config.ScreenPath and answers it.
func (v *visit) answerScreen(f screenFacts) *Outcome {
	codes, name := v.auth.screens.codes, v.screen.id.Name()
	step := decideScreen(f)
	var err error
	switch step {
	case scanCode:
		v.screen.note, err = codes.Scan(v.ctx, name, v.user.OpenID, v.at.String())
	case allowScreen:
		err = v.allow(name)
	case denyScreen:
		v.screen.note, err = codes.Deny(v.ctx, name, v.user.OpenID)
	default:
		return v.performScreen(step)
	}
	if err != nil {
		return v.unavailable("store", fmt.Errorf("screen login: %w", err))
	}
	v.screenAnswered(step)
	f.asks = asksOpen // what was asked for is done
	f.note, f.mine = v.screen.note.State, v.screen.note.OpenID == v.user.OpenID
	return v.performScreen(decideScreen(f))
}

// allow hands over who the phone's person is.
func (v *visit) allow(name string) error {
	record, err := v.auth.recordOf(v.user, v.ext)
	if err == nil {
		v.screen.note, err = v.auth.screens.codes.Allow(v.ctx, name, v.user.OpenID, screen.Answer{Record: string(record), Session: v.stored.Token})
	}
	return err
}

// performScreen turns a step into an answer. No other code does.
func (v *visit) performScreen(s screenStep) *Outcome {
	switch s {
	case tellState:
		return v.tellState()
	case tryNumber:
		return v.enterNumber(formIn(v.ctx).Get(numberField))
	case askPerson:
		if v.binding.ID == "" {
			v.setBinding(proof.NewBinding())
		}
		return v.page(PhoneAllowPage, nil)
	case showNumber:
		return v.page(PhoneAllowedPage, nil)
	case sayRefused:
		return v.page(PhoneRefusedPage, nil)
	case sayTaken:
		v.screenTold(ScreenConflict, "", "a second person has opened the code of a screen", slog.LevelInfo)
		return v.page(PhoneTakenPage, errCodeTaken)
	case ordinaryLogin:
		return v.redirect(http.StatusSeeOther, v.at.URL(web.Target{Path: "/"}))
	case goToWebsite:
		v.target = web.LocalTarget(v.target.FirstParam(toField), v.at)
		return v.start(v.auth.website)
	case leaveFrame:
		return v.page(FramePage, ErrFrame)
	}
	v.screenTold(ScreenExpired, "", "the code of a screen is over", slog.LevelDebug)
	return v.page(PhoneExpiredPage, errCodeOver)
}

var (
	errCodeOver  = errors.New("wechat: the code of a screen is over")
	errCodeTaken = errors.New("wechat: another phone has opened the code of a screen")
)

// atScreenPath collects the facts about a request at Config.ScreenPath, for decideScreen.
func (v *visit) atScreenPath() *Outcome {
	keys := &v.auth.screens.keys
	f := screenFacts{
		asks: v.asksOfScreen(), valid: true, own: v.ownsCode(),
		fresh:  v.now.Sub(v.screen.id.ShownAt) <= screen.CodeLife && v.screen.id.ShownAt.Sub(v.now) <= proof.ClockSkew,
		window: v.kind == web.Navigation || v.kind == web.FormPost && v.isInWindow(),
	}
	switch f.asks {
	case asksWebsite:
		f.valid, f.fresh = v.auth.website != nil, true
		return v.answerScreen(f)
	case asksState, asksNumber:
		f.signed = !fromElsewhere(v.request.Header, v.at)
		return v.answerScreen(f)
	case asksAllow, asksDeny:
		f.signed = !fromElsewhere(v.request.Header, v.at) &&
			keys.VerifyConsent(formIn(v.ctx).Get(proofField), v.screen.id, v.now, v.binding.ID, v.user.OpenID)
	}
	n, err := v.auth.screens.codes.Look(v.ctx, v.screen.id.Name())
	if err != nil {
		return v.unavailable("store", fmt.Errorf("screen login: %w", err))
	}
	v.screen.note = n
	f.phone = v.user.AppID == v.auth.apps.account && !v.user.Screen
	f.note, f.mine = n.State, n.OpenID == v.user.OpenID
	return v.answerScreen(f)
}

// isInWindow says whether the answer to a form is seen in a window of its own, as far as
// the browser tells.
func (v *visit) isInWindow() bool {
	dest := web.FirstHeader(v.request.Header, "Sec-Fetch-Dest")
	return dest == "" || dest == "document"
}

// ownsCode says whether this browser shows the code, and takes the binding cookie that
// proves it. The browser may have several, of which one is its own.
func (v *visit) ownsCode() bool {
	v.readBinding()
	for value := range web.CookieValues(v.request.Header, web.CookieName(v.auth.binding, v.at.IsHTTPS())) {
		if b, ok := proof.ParseBinding(value); ok && v.auth.screens.keys.IsShownBy(v.screen.id, b.ID, v.at) {
			v.binding = b
			return true
		}
	}
	return false
}

// fromElsewhere says whether another site sent a form. The Origin "null" is that of a
// sandboxed frame, too.
func fromElsewhere(h web.Header, at web.Origin) bool {
	return web.CrossSite(h, at) || h.Get("Origin") == "null"
}
