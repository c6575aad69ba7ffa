// Package page decides what visitors and their scripts read when the library answers
// by itself: HTML pages, their words and QR codes, and problem documents. It never
// decides who sees which page, reads no request and knows no configuration: it takes
// plain values and returns bytes and header values. Of ours it may import
// core/internal/web.
package page

import (
	"html/template"
	"strings"
	"unicode"
)

// Kind names a page. It is also the page's data-page attribute.
type Kind string

// The pages. Package core documents when a visitor sees which.
const (
	Outside     Kind = "outside"
	Consent     Kind = "consent"
	Refused     Kind = "refused"
	Stuck       Kind = "stuck"
	LogInAgain  Kind = "log-in-again"
	Frame       Kind = "frame"
	Snapshot    Kind = "snapshot"
	Unavailable Kind = "unavailable"
	Follow      Kind = "follow"
	Denied      Kind = "denied"
	Withdrawn   Kind = "withdrawn"
	Continue    Kind = "continue"
	Forbidden   Kind = "forbidden"
	BadRequest  Kind = "bad-request"
	NotFound    Kind = "not-found"

	ScreenWait    Kind = "screen-wait"
	ScreenScanned Kind = "screen-scanned"
	ScreenNumber  Kind = "screen-number"
	ScreenRefused Kind = "screen-refused"
	ScreenExpired Kind = "screen-expired"
	ScreenLocked  Kind = "screen-locked"
	PhoneAllow    Kind = "phone-allow"
	PhoneAllowed  Kind = "phone-allowed"
	PhoneRefused  Kind = "phone-refused"
	PhoneExpired  Kind = "phone-expired"
	PhoneTaken    Kind = "phone-taken"
)

// Fault names what the stuck page gives as the likely reason. It is also that page's
// data-fault attribute.
type Fault string

// The faults. Package core documents them.
const (
	CookiesOff    Fault = "cookies"
	OtherDomain   Fault = "domain"
	MixedScheme   Fault = "scheme"
	SessionCookie Fault = "session"
	StateLost     Fault = "state"
)

// View is what one page shows. An empty field leaves its part of the page out.
type View struct {
	Kind      Kind
	Lang      string        // one of Renderer's languages
	Fault     Fault         // Stuck only
	Here      string        // where the main button leads
	Home      string        // the site's front page
	Guest     string        // where a visitor continues without a login
	QRCode    string        // an image: its address or a data URI
	Account   template.HTML // the account's name; see Text
	Follow    string        // where WeChat shows the account
	OnScreen  bool          // Follow only: a phone must scan the QR code, which is on another screen
	Message   template.HTML // Denied only: the app's own text instead of the page's; see Text
	Screen    Screen        // pages of screen login only
	Reference string        // also in the log
}

// Screen is what the pages of screen login show; see core.PageScreen.
type Screen struct {
	Action   string
	Code     string
	To       string
	Proof    string
	Address  string
	Poll     string
	Renew    int
	Website  string
	Left     int
	Number   string
	SiteHTML template.HTML
	Host     string
	Device   string
	Seconds  int

	WebsiteFirst bool
}

// HasForm holds for pages with a form of this library.
func HasForm(k Kind) bool { return k == ScreenNumber || k == PhoneAllow }

// waits holds for pages with a script, which asks what has become of the code. Without
// scripts they ask for themselves every few seconds.
func waits(k Kind) bool { return k == ScreenWait || k == ScreenScanned }

// Text escapes s: the result can stand in HTML text and in a quoted attribute. It is
// valid UTF-8 without control characters other than line ends.
func Text(s string) template.HTML {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' {
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, "\ufffd"))
	return template.HTML(template.HTMLEscapeString(s))
}
