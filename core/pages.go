package core

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// PageKind says which page a visitor is to see.
type PageKind string

const (
	OutsidePage     PageKind = "outside"     // not inside WeChat; has a QR code of the page's address
	ConsentPage     PageKind = "consent"     // before WeChat's own; see AskFirst
	RefusedPage     PageKind = "refused"     // came back from WeChat without a code
	StuckPage       PageKind = "stuck"       // three attempts, no cookies; see Page.Fault
	FramePage       PageKind = "frame"       // inside a frame, where WeChat shows nothing
	SnapshotPage    PageKind = "snapshot"    // WeChat's snapshot page; tap 使用完整服务
	UnavailablePage PageKind = "unavailable" // WeChat, the session store or OnLogin failed
	FollowPage      PageKind = "follow"      // logged in, but not following the account; see MustFollow
	ForbiddenPage   PageKind = "forbidden"   // a logout that another site asked for, or not by POST
	BadRequestPage  PageKind = "bad-request" // the address cannot be one of this site
)

// Fault is the likely reason why a visitor's cookies do not come back.
type Fault string

const (
	CookiesOff    Fault = "cookies" // the browser keeps none
	OtherDomain   Fault = "domain"  // the site was opened under another name than PublicURL's
	MixedScheme   Fault = "scheme"  // PublicURL is https, but the request came by http
	SessionCookie Fault = "session" // logged in, but the session's cookie was lost (Strict, Secure, another domain)
)

// Page is what a page is made of. No field holds anything of the request but
// Here, which is an address of this site.
type Page struct {
	Kind      PageKind
	Status    int
	Lang      string // "zh" or "en", by Accept-Language
	Here      string // where its button leads: the page that was asked for, absolute; WeChat on ConsentPage; "" on a bad request
	Guest     string // where one goes on without a login; RefusedPage, with Config.GuestPath
	QRCode    string // OutsidePage: of Here, as a data URI; FollowPage: the account's, an address or data URI, or ""
	Account   string // the account's name, or ""; FollowPage only
	Follow    string // where WeChat shows the account, or ""; FollowPage only
	Fault     Fault  // StuckPage only
	Reference string // also in the log; "" where nothing was logged
}

// Pages makes the pages that visitors see: HTML for a page, or nil for the
// built-in one. It is called concurrently and must not fail; status and headers
// (no-store, no-referrer, a policy that allows inline styles, data: images and
// nothing from outside) stay as they are.
type Pages func(Page) []byte

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// pages renders. It is made once per instance.
type pages struct {
	own      Pages
	template *template.Template
	policy   string
}

func newPages(own Pages) pages {
	style := "'unsafe-inline'"
	if own == nil {
		sum := sha256.Sum256([]byte(pageCSS))
		style = "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return pages{
		own:      own,
		template: template.Must(template.New("page").Parse(pageHTML)),
		policy:   "default-src 'none'; style-src " + style + "; base-uri 'none'; form-action 'none'",
	}
}

func (p *pages) render(page Page) []byte {
	if p.own != nil {
		var html []byte
		if err := recovered("Pages", func() { html = p.own(page) }); err == nil && html != nil {
			return html
		}
	}
	var b bytes.Buffer
	data := struct {
		Page
		CSS    template.CSS
		Text   words
		QRCode template.URL
	}{page, template.CSS(pageCSS), wordsFor(page), template.URL(page.QRCode)} // of our own making, or the operator's
	if err := p.template.Execute(&b, data); err != nil {
		// The template is ours and its data are strings: only a mistake here gets
		// one, and a visitor is better off with the bare sentence.
		return []byte(template.HTMLEscapeString(data.Text.Title))
	}
	return b.Bytes()
}

// policyFor lets a page be framed only where being in a frame is its message, and
// lets pictures in only where one is the operator's.
func (p *pages) policyFor(kind PageKind, pictures string) string {
	switch kind {
	case FramePage:
		return p.policy + "; img-src data:"
	case FollowPage:
		return p.policy + "; img-src data:" + pictures + "; frame-ancestors 'none'"
	}
	return p.policy + "; img-src data:; frame-ancestors 'none'"
}

// qrCode is a PNG as data URI; "" for an address too long for a QR code.
func qrCode(address string) string {
	code, err := qr.Encode(address, qr.M)
	if err != nil {
		return ""
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG())
}

// languageOf picks "en" or "zh" by which the visitor names first; Chinese for
// everybody else, as WeChat does.
func languageOf(acceptLanguage string) string {
	for part := range strings.SplitSeq(strings.ToLower(acceptLanguage), ",") {
		switch tag := strings.TrimSpace(part); {
		case strings.HasPrefix(tag, "zh"):
			return "zh"
		case strings.HasPrefix(tag, "en"):
			return "en"
		}
	}
	return "zh"
}

// wechatLanguage is userinfo's lang for the same header: zh_CN, zh_TW or en
// (api_snsuserinfo).
func wechatLanguage(acceptLanguage string) string {
	if languageOf(acceptLanguage) == "en" {
		return "en"
	}
	al := strings.ToLower(acceptLanguage)
	for _, tag := range [...]string{"zh-tw", "zh-hk", "zh-mo", "zh-hant"} {
		if at := strings.Index(al, tag); at >= 0 && !strings.Contains(al[:at], "zh-cn") {
			return "zh_TW"
		}
	}
	return "zh_CN"
}

// retryLabel is what a page's button says.
func retryLabel(p Page) string {
	switch {
	case p.Here == "" || p.Kind == OutsidePage:
		return ""
	case p.Kind == FramePage && p.Lang == "en":
		return "Open this page by itself"
	case p.Kind == FramePage:
		return "在完整窗口中打开"
	case p.Kind == ConsentPage && p.Lang == "en":
		return "Log in with WeChat"
	case p.Kind == ConsentPage:
		return "微信登录"
	case p.Kind == FollowPage && p.Lang == "en":
		return "I follow it now, go on"
	case p.Kind == FollowPage:
		return "我已关注，继续"
	case p.Kind == ForbiddenPage && p.Lang == "en":
		return "To the front page"
	case p.Kind == ForbiddenPage:
		return "回到首页"
	case p.Lang == "en":
		return "Try again"
	}
	return "再试一次"
}

func guestLabel(p Page) string {
	switch {
	case p.Guest == "":
		return ""
	case p.Lang == "en":
		return "Go on without"
	}
	return "不登录，继续浏览"
}

func referenceLabel(p Page) string {
	switch {
	case p.Reference == "":
		return ""
	case p.Lang == "en":
		return fmt.Sprintf("Reference %s", p.Reference)
	}
	return fmt.Sprintf("参考号 %s", p.Reference)
}

func followLabel(p Page) string {
	switch {
	case p.Follow == "":
		return ""
	case p.Lang == "en":
		return "Show the account"
	}
	return "打开公众号主页"
}
