package core

import (
	"net/url"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/internal/page"
	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/screen"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// Names of parameters and form fields at Config.ScreenPath.
const (
	codeParam   = "s"      // the code, in the QR code and in every form
	waitParam   = "wait"   // the waiting page's script asks what has become of the code
	answerField = "answer" // the phone's answer: allow or deny
	proofField  = "proof"  // what makes the phone's form valid
	numberField = "number" // the digits that the phone shows
	toField     = "to"     // the page that the screen waits on
)

// screenVisit is what a visit knows of the screen that the visitor sits at.
type screenVisit struct {
	state screenState
	code  string         // as the QR code carries it
	id    proof.ScreenID // of code
	left  time.Duration  // until the page asks for another code
	note  screen.Note
	shown screen.Shown // what the browser is to keep
	kept  bool         // the browser keeps it already

	entered bool // this request has redeemed the code
}

// readScreen finds out what has become of the code that this screen shows. It is false
// where no screen logs in. The server keeps nothing for a screen that waits, and reads
// its store only for a browser that was shown a code.
func (v *visit) readScreen() bool {
	s := v.auth.screens
	if s == nil || v.gate.then != nil || v.whereItIs() != web.Desktop || !v.hasHost || !v.secureHere() {
		return false
	}
	if !s.mounted.Load() {
		v.screen.state, v.reason, v.stage = screenUnavailable, unavailableFor(errNoScreens), "hook"
		return true
	}
	v.readBinding()
	before := v.shownBefore()
	for _, since := range before.Codes(v.now) {
		if v.binding.ID == "" {
			break
		}
		v.showCode(since)
		n, err := s.codes.Look(v.ctx, v.screen.id.Name())
		if err != nil {
			v.screen.state, v.reason, v.stage = screenUnavailable, screenTrouble(err), "store"
			return true
		}
		v.screen.note = n
		switch n.State {
		case screen.Scanned:
			v.screen.state, v.screen.shown, v.screen.kept = screenScanned, before, true
		case screen.Allowed:
			v.screen.state, v.screen.shown, v.screen.kept = screenAllowed, before, true
			if v.isDeviceOf(n.OpenID) {
				v.screen.state = screenTrusted
			}
		case screen.Denied:
			v.screen.state, v.screen.shown = screenRefused, before.Done()
		case screen.Locked:
			v.screen.state, v.screen.shown = screenLocked, before.Done()
		case screen.Spent:
			before = before.Done()
			continue
		default:
			continue
		}
		return true
	}
	v.wait(before)
	return true
}

// wait shows the code of before, or another, or none after five minutes.
func (v *visit) wait(before screen.Shown) {
	if v.binding.ID == "" {
		v.setBinding(proof.NewBinding())
		before = screen.Shown{} // its codes were made with another cookie
	}
	shown, since, ok := before.Next(v.now)
	v.screen.shown, v.screen.kept = shown, shown == before
	v.screen.note = screen.Note{}
	if v.screen.state = screenExpired; !ok {
		return
	}
	v.screen.state = screenWaiting
	v.showCode(since)
	v.screen.left = since.Add(screen.RenewAfter).Sub(v.now)
}

// showCode makes the code that this browser shows since a time.
func (v *visit) showCode(since time.Time) {
	browser, system := web.DeviceOf(web.FirstHeader(v.request.Header, "User-Agent"))
	s := proof.Screen{Browser: browser, System: system, Prompt: v.want >= promptLevel}
	keys := &v.auth.screens.keys
	v.screen.code = keys.NewID(since, s, v.binding.ID, v.at)
	v.screen.id, _ = keys.Parse(v.screen.code, v.at) // made a line above
}

func (v *visit) shownBefore() screen.Shown {
	for value := range web.CookieValues(v.request.Header, web.CookieName(v.auth.screens.shown, v.at.IsHTTPS())) {
		return screen.ParseShown(value)
	}
	return screen.Shown{}
}

// keepShown lets the browser keep which codes it shows.
func (v *visit) keepShown() {
	if !v.screen.kept {
		v.add("Set-Cookie", web.SetCookie(v.auth.screens.shown, v.screen.shown.String(), v.at.IsHTTPS(), int(screen.ShownLife/time.Second)))
	}
}

// isDeviceOf says whether this browser is known to be a person's own.
func (v *visit) isDeviceOf(openID string) bool {
	for value := range web.CookieValues(v.request.Header, web.CookieName(v.auth.screens.device, v.at.IsHTTPS())) {
		if v.auth.screens.keys.IsDeviceOf(value, openID, v.now, v.at) {
			return true
		}
	}
	return false
}

// screenPages are the pages of a screen that is not logged in.
var screenPages = map[screenState]PageKind{
	screenWaiting: ScreenWaitPage, screenExpired: ScreenExpiredPage, screenScanned: ScreenScannedPage, screenAllowed: ScreenNumberPage,
	screenRefused: ScreenRefusedPage, screenLocked: ScreenLockedPage,
}

// screenPage shows what has become of the code on this screen.
func (v *visit) screenPage() *Outcome {
	v.keepShown()
	return v.page(screenPages[v.screen.state], ErrOutside)
}

// screenOn fills in what the pages of screen login show.
func (v *visit) screenOn(p *Page) {
	s := v.auth.screens
	p.Screen.SiteHTML, p.Screen.Host = page.Text(v.siteName()), page.Address(v.at.Host)
	p.Screen.Action = page.Address(v.at.URL(web.Target{Path: s.path}))
	p.Screen.Code = v.screen.code
	switch p.Kind {
	case ScreenWaitPage:
		address := v.codeURL(v.screen.code)
		p.QRCode, p.Screen.Address = page.QRCode(address), page.Address(address)
		p.Screen.Renew = int(v.screen.left / time.Second)
		p.Screen.Poll = v.pollURL()
		if v.auth.website != nil {
			p.Screen.Website, p.Screen.WebsiteFirst = page.Address(v.websiteURL()), v.auth.config.WebsiteFirst
		}
	case ScreenScannedPage:
		p.Screen.Poll = v.pollURL()
	case ScreenNumberPage:
		p.Screen.To = page.Address(v.screenTo().String())
		if wrong := v.screen.note.Wrong; wrong > 0 {
			p.Screen.Left = screen.MaxWrong - wrong
		}
	case PhoneAllowPage:
		p.Screen.Proof = s.keys.Consent(v.screen.id, v.now, v.binding.ID, v.user.OpenID)
		p.Screen.Device = deviceName(v.screen.id.Screen)
		p.Screen.Seconds = max(0, int(v.now.Sub(v.screen.id.ShownAt)/time.Second))
	case PhoneAllowedPage:
		p.Screen.Number = v.screen.note.Number
	}
}

// websiteURL leads to a login with the website application, for the page that was asked
// for.
func (v *visit) websiteURL() string {
	return v.at.URL(web.Target{Path: v.auth.screens.path, Query: toField + "=" + strings.ReplaceAll(url.QueryEscape(v.screenTo().String()), "+", "%20"), HasQuery: true})
}

func (v *visit) pollURL() string {
	return page.Address(v.at.URL(web.Target{Path: v.auth.screens.path, Query: waitParam + "=1&" + codeParam + "=" + v.screen.code, HasQuery: true}))
}
