package core

import (
	"html/template"

	"github.com/seed467724c4/wechat/core/internal/page"
)

// PageKind says which page a visitor is to see.
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
	ContinuePage    PageKind = "continue"     // cookies were kept back after the redirect from WeChat; it asks for its own address once more, by itself (200)
	ForbiddenPage   PageKind = "forbidden"    // a logout that another site asked for, or not by POST
	BadRequestPage  PageKind = "bad-request"  // the address cannot be one of this site
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

// Page is what a page is made of.
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
	Home        string        // the site's front page, absolute; FollowPage and DeniedPage
	Guest       string        // where one continues without a login; RefusedPage, with Config.GuestPath
	QRCode      string        // OutsidePage: of Here, as a data URI, or "" for an address of more than 412 bytes; FollowPage: the account's, an address or data URI, or ""
	AccountHTML template.HTML // the account's name, HTML-escaped, or ""; FollowPage only
	MessageHTML template.HTML // the app's own text of a refusal, HTML-escaped, or "" for the page's own text; DeniedPage only; its line ends stay
	Follow      string        // where WeChat shows the account, or ""; FollowPage only
	Fault       Fault         // StuckPage only
	Reference   string        // also in the log; "" where nothing was logged
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

// view is the page in the words of the room that renders it.
func (p Page) view() page.View {
	return page.View{
		Kind: page.Kind(p.Kind), Lang: p.Lang, Fault: page.Fault(p.Fault),
		Here: p.Here, Home: p.Home, Guest: p.Guest,
		QRCode: p.QRCode, Account: p.AccountHTML, Follow: p.Follow, Message: p.MessageHTML,
		Reference: p.Reference,
	}
}
