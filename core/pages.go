package core

import (
	"errors"
	"html/template"
	"net/http"

	"github.com/seed467724c4/wechat/core/internal/page"
	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// PageKind names the page that a visitor sees.
type PageKind string

const (
	OutsidePage     PageKind = "outside"      // not inside WeChat; has a QR code of the page's address
	ConsentPage     PageKind = "consent"      // before WeChat's own consent page; see AskFirst
	RefusedPage     PageKind = "refused"      // came back from WeChat without a code
	StuckPage       PageKind = "stuck"        // three attempts, no cookies; see Page.Fault
	LogInAgainPage  PageKind = "log-in-again" // a form was sent without a login (401); its button logs in and comes back to the form
	FramePage       PageKind = "frame"        // inside a frame, where WeChat shows nothing
	SnapshotPage    PageKind = "snapshot"     // WeChat's snapshot page; tap 使用完整服务
	UnavailablePage PageKind = "unavailable"  // WeChat, the session store or OnLogin failed
	FollowPage      PageKind = "follow"       // logged in, but does not follow the account; see MustFollow
	DeniedPage      PageKind = "denied"       // the app itself refuses this person; see Refuse and Page.MessageHTML
	WithdrawnPage   PageKind = "withdrawn"    // the account took its consent to the platform back; see Platform
	ContinuePage    PageKind = "continue"     // cookies were kept back after the redirect from WeChat; it asks for its own address once more, by itself (200)
	ForbiddenPage   PageKind = "forbidden"    // a logout that another site asked for, or not by POST
	BadRequestPage  PageKind = "bad-request"  // the address cannot be one of this site
	NotFoundPage    PageKind = "not-found"    // no account serves this address; see Choose

	// Pages of screen login, with Page.Screen; see Config.ScreenLogin. First those of the
	// screen, in place of the page that was asked for.

	ScreenWaitPage    PageKind = "screen-wait"    // shows a code to scan
	ScreenScannedPage PageKind = "screen-scanned" // a phone has opened the code
	ScreenNumberPage  PageKind = "screen-number"  // has a form for the digits that the phone shows
	ScreenRefusedPage PageKind = "screen-refused" // refused on the phone
	ScreenExpiredPage PageKind = "screen-expired" // waited for 5 minutes
	ScreenLockedPage  PageKind = "screen-locked"  // three wrong numbers

	// Then those of the phone, at Config.ScreenPath.

	PhoneAllowPage   PageKind = "phone-allow"   // has a form that allows or refuses (200)
	PhoneAllowedPage PageKind = "phone-allowed" // shows the digits (200)
	PhoneRefusedPage PageKind = "phone-refused" // refused (200)
	PhoneExpiredPage PageKind = "phone-expired" // the code is over, or never was one of this site
	PhoneTakenPage   PageKind = "phone-taken"   // another person's phone has opened the code
)

// Fault is the likely reason why a visitor's cookies do not come back.
type Fault string

const (
	CookiesOff    Fault = "cookies" // the browser keeps none
	OtherDomain   Fault = "domain"  // the site was opened under another name than PublicURL's
	MixedScheme   Fault = "scheme"  // PublicURL is https, but the request came by http
	StateLost     Fault = "state"   // something on the way back from WeChat alters or drops the state
	SessionCookie Fault = "session" // logged in, but the session's cookie was lost (Strict, Secure, another domain)
)

// Page holds the values that a page shows.
//
// Every field can stand as it is in an HTML attribute, quoted either way, and in HTML
// text: none holds a quote, an angle bracket or a control byte, except for the line ends
// of MessageHTML. Addresses are percent-encoded. Only Here holds something of the
// request: the address that was asked for, or the page that a form stood on.
//
// html/template may escape all of them once more; it leaves AccountHTML and
// MessageHTML, which are HTML already, as they are. One thing remains for apps that
// write attributes without html/template: an '&' in an address. A page that asks for
// "/?a=1&lt=2" is read there as "/?a=1<=2", which is another address of this site.
type Page struct {
	Kind        PageKind
	Status      int
	Lang        string        // "zh-CN", "zh-TW" or "en", by Accept-Language; zh-TW is for Hong Kong and Macau, too
	Here        string        // where its main button leads: the page that was asked for, absolute; on LogInAgainPage the login; on ConsentPage WeChat; "" on a bad request
	Home        string        // the site's front page, absolute; FollowPage, DeniedPage and WithdrawnPage
	Guest       string        // where one continues without a login; RefusedPage, with Config.GuestPath
	QRCode      string        // OutsidePage: of Here, as a data URI, or "" for an address of more than 412 bytes; FollowPage: the account's, an address or data URI, or ""
	AccountHTML template.HTML // the account's name, HTML-escaped, or ""; FollowPage only
	MessageHTML template.HTML // the app's own text of a refusal, HTML-escaped, or "" for the page's own text; DeniedPage only; its line ends stay
	Follow      string        // where WeChat shows the account, or ""; FollowPage only
	OnScreen    bool          // the visitor logged in with Config.Website at a desktop browser, so a phone must scan QRCode; FollowPage only
	Fault       Fault         // StuckPage only
	Screen      PageScreen    // pages of screen login only
	Reference   string        // also in the log; "" where nothing was logged
}

// PageScreen holds the values of the pages of screen login. A page of the app's own must
// send its form by POST to Action, with the hidden fields that are not empty: s (Code), to
// (To) and proof (Proof). ScreenNumberPage needs a field named number. PhoneAllowPage needs
// two buttons named answer, with the values allow and deny, of the same size.
type PageScreen struct {
	Action   string        // where the forms are sent; Config.ScreenPath, absolute
	Code     string        // of the screen
	To       string        // ScreenNumberPage: the page that was asked for, without scheme and host
	Proof    string        // PhoneAllowPage
	Address  string        // ScreenWaitPage: what the QR code holds
	Poll     string        // ScreenWaitPage, ScreenScannedPage: answers {"state":"waiting"}, "scanned" or "answered" to the screen's script
	Renew    int           // ScreenWaitPage: seconds until the page should be asked for again, for another code
	Website  string        // ScreenWaitPage: leads to a login with Config.Website; "" without one
	Left     int           // ScreenNumberPage: tries that are left, 0 before the first wrong number
	Number   string        // PhoneAllowedPage: the four digits
	SiteHTML template.HTML // Config.SiteName or else the host, HTML-escaped
	Host     string        // of this site
	Device   string        // PhoneAllowPage: system and browser of the screen, such as "Windows · Chrome"; "" where neither is known
	Seconds  int           // PhoneAllowPage: for how long the screen has shown the code

	WebsiteFirst bool // ScreenWaitPage: Config.WebsiteFirst
}

// Pages makes the pages that visitors see: HTML for a page, or nil for the built-in
// one. It is called concurrently; where it panics the visitor sees the built-in page.
// Status and headers (no-store, no-referrer, a policy that allows inline styles, data:
// images and nothing from outside) stay as they are.
type Pages func(Page) []byte

// pages are the app's own pages, with the built-in ones behind them.
type pages struct {
	own     Pages
	builtIn *page.Renderer
}

func newPages(own Pages) pages { return pages{own, page.New(own != nil)} }

func (p *pages) render(what Page) []byte {
	if p.own != nil {
		var html []byte
		if err := recovered("Pages", func() { html = p.own(what) }); err == nil && html != nil {
			return html
		}
	}
	return p.builtIn.HTML(what.view())
}

// view converts the page for package page, which renders it.
func (p Page) view() page.View {
	if p.Kind == PhoneAllowPage {
		p.AccountHTML = p.Screen.SiteHTML // the title names it
	}
	return page.View{
		Kind: page.Kind(p.Kind), Lang: p.Lang, Fault: page.Fault(p.Fault),
		Here: p.Here, Home: p.Home, Guest: p.Guest,
		QRCode: p.QRCode, Account: p.AccountHTML, Follow: p.Follow, Message: p.MessageHTML, OnScreen: p.OnScreen,
		Screen:    page.Screen(p.Screen),
		Reference: p.Reference,
	}
}

var statusOf = map[PageKind]int{
	LogInAgainPage: http.StatusUnauthorized,
	OutsidePage:    http.StatusForbidden, RefusedPage: http.StatusForbidden, FramePage: http.StatusForbidden,
	DeniedPage: http.StatusForbidden, WithdrawnPage: http.StatusForbidden, ContinuePage: http.StatusOK,
	SnapshotPage: http.StatusForbidden, FollowPage: http.StatusForbidden, ForbiddenPage: http.StatusForbidden, ConsentPage: http.StatusForbidden,
	StuckPage: http.StatusBadRequest, BadRequestPage: http.StatusBadRequest,
	UnavailablePage: http.StatusServiceUnavailable, NotFoundPage: http.StatusNotFound,

	ScreenWaitPage: http.StatusForbidden, ScreenScannedPage: http.StatusForbidden, ScreenNumberPage: http.StatusForbidden,
	ScreenRefusedPage: http.StatusForbidden, ScreenExpiredPage: http.StatusForbidden, ScreenLockedPage: http.StatusForbidden,
	PhoneAllowPage: http.StatusOK, PhoneAllowedPage: http.StatusOK, PhoneRefusedPage: http.StatusOK,
	PhoneExpiredPage: http.StatusForbidden, PhoneTakenPage: http.StatusForbidden,
}

// page shows a visitor what happened. A script gets a problem document instead. Faults
// that an operator may have to fix are logged with the reference that the visitor
// reads.
func (v *visit) page(kind PageKind, err error) *Outcome {
	if out := v.appsOwn(err); out != nil {
		var fault Fault
		if kind == StuckPage {
			fault = v.fault()
		}
		v.showed(kind, fault, err, true)
		return out
	}
	p := Page{Kind: kind, Status: statusOf[kind], Lang: v.auth.pages.builtIn.Language(v.request.Header.Get("Accept-Language"))}
	if kind != BadRequestPage && kind != ContinuePage && kind != NotFoundPage {
		p.Here = page.Address(v.here())
	}
	switch kind {
	case OutsidePage:
		p.QRCode = page.QRCode(p.Here)
	case LogInAgainPage:
		challenge, login := page.Challenge(challengeOf(v.at, v.gate.loginTarget(v.request, v.at, v.askedPage())))
		v.add("Www-Authenticate", challenge)
		p.Here = page.Address(login)
	case ConsentPage:
		p.Here = page.Address(v.wechat)
	case FollowPage:
		code := v.auth.followCode
		p.AccountHTML, p.QRCode, p.Follow = page.Text(v.auth.config.AccountName), page.Address(code.image), page.Address(code.link)
		if code.local {
			p.QRCode = page.Address(v.at.URL(web.Target{Path: code.image}))
		}
		if p.OnScreen = v.user != nil && v.user.AppID != v.auth.apps.account; p.OnScreen {
			p.Follow = "" // WeChat alone opens it
		}
		p.Home = v.home()
	case WithdrawnPage:
		p.Here, p.Home = "", v.home()
	case DeniedPage:
		p.Here, p.Home, p.MessageHTML = "", v.home(), page.Text(deniedText(err))
	case RefusedPage:
		if path := v.auth.config.GuestPath; path != "" {
			p.Guest = page.Address(v.at.URL(web.Target{Path: path}))
		}
	case StuckPage:
		p.Fault = v.fault()
	case ScreenWaitPage, ScreenScannedPage, ScreenNumberPage, ScreenRefusedPage, ScreenExpiredPage, ScreenLockedPage:
		p.Here = page.Address(v.at.URL(v.screenTo()))
		v.screenOn(&p)
	case PhoneAllowPage, PhoneAllowedPage, PhoneRefusedPage, PhoneExpiredPage, PhoneTakenPage:
		p.Here = ""
		v.screenOn(&p)
	case ForbiddenPage:
		if errors.Is(err, ErrMethod) {
			p.Status = http.StatusMethodNotAllowed
			v.add("Allow", http.MethodPost)
		}
	}
	p.Reference = v.showed(kind, p.Fault, err, false)
	if kind == UnavailablePage {
		v.add("Retry-After", retryAfter)
	}
	if v.kind == web.Script && v.gate.mode != ModeLogout {
		return v.problemFor(p, err)
	}
	v.hasForm = page.HasForm(page.Kind(kind))
	v.add("Content-Type", page.ContentType)
	v.add("Content-Security-Policy", v.auth.pages.builtIn.Policy(page.Kind(kind), v.auth.followCode.source))
	v.add("X-Content-Type-Options", "nosniff")
	return v.answerWith(p.Status, v.auth.pages.render(p), err)
}

// home is the front page of the site.
func (v *visit) home() string { return page.Address(v.at.URL(web.Target{Path: "/"})) }

// here is the address to try again: the page that was asked for, without a code or
// state of ours, and the front page after a logout.
func (v *visit) here() string {
	if v.gate.mode == ModeLogout {
		return v.at.URL(web.Target{Path: "/"})
	}
	t := v.target
	if v.kind == web.FormPost {
		t = v.formPage() // the form's own address may answer nothing but a POST
	}
	returned, _ := v.isLostReturn()
	switch {
	case v.state.Shape == proof.OwnState:
		t = v.withoutCallback(t)
	case v.state.Shape == proof.ForgedState:
		// Not ours, but the attempt in it counts: with it, every try would end here.
		t = t.Without("code", "state")
	case returned:
		// The first return travelled whole in the second one.
		t = t.WithoutCallback().Without("code", "state")
	}
	return v.at.URL(t)
}

// formPage is the page that a form stood on.
func (v *visit) formPage() web.Target {
	t, ok := web.ParseTarget(pageOf(v.request, v.at))
	if !ok {
		return web.Target{Path: "/"}
	}
	return t
}
