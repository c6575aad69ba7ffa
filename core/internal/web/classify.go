package web

import "strings"

// fetchHeaders are sent by page libraries that fetch HTML by a script: htmx, Turbo,
// Unpoly, PJAX, Inertia and Livewire. In browsers without Fetch Metadata nothing else
// tells such a request from a navigation.
var fetchHeaders = [...]string{"Hx-Request", "Turbo-Frame", "X-Turbo-Request-Id", "X-Up-Version", "X-Pjax", "X-Inertia", "X-Livewire"}

// KindOf tells navigations from other requests. Only a navigation may be redirected to
// WeChat: a form would lose its body, a script would stop at CORS, a prefetch or an image
// would spend a code. The most reliable header is checked first. Browsers without Fetch
// Metadata are judged by X-Requested-With, the headers of page libraries and Accept.
func KindOf(method, target string, h Header) Kind {
	if method == "OPTIONS" && FirstHeader(h, "Origin") != "" && FirstHeader(h, "Access-Control-Request-Method") != "" {
		return Preflight
	}
	// fetch and XMLHttpRequest, whatever the other headers say.
	dest, mode := FirstHeader(h, "Sec-Fetch-Dest"), FirstHeader(h, "Sec-Fetch-Mode")
	if dest == "empty" && mode != "navigate" {
		return Script
	}
	if method == "POST" {
		return formPostIf(isFormPost(mode, h))
	}
	path, _, _ := strings.Cut(target, "?")
	if method != "GET" || IsWebSocket(h) || isWellKnownFile(path) {
		return Script
	}
	for _, name := range [...]string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if containsFold(FirstHeader(h, name), "prefetch") {
			return Script
		}
	}
	switch dest {
	case "iframe", "frame", "embed", "object", "fencedframe":
		return Frame
	}
	if mode != "" {
		return navigationIf(mode == "navigate")
	}
	if dest != "" {
		return navigationIf(dest == "document")
	}
	if isFetchWithoutMetadata(h) {
		return Script
	}
	return navigationIf(containsFold(FirstHeader(h, "Accept"), "text/html"))
}

// isFetchWithoutMetadata recognises a fetch by the headers that libraries add. Android's
// web view sends its package name (com.tencent.mm) as X-Requested-With on navigations. A
// package name always has a dot, and the libraries' values have none.
func isFetchWithoutMetadata(h Header) bool {
	if by := FirstHeader(h, "X-Requested-With"); by != "" && !strings.Contains(by, ".") {
		return true
	}
	for _, name := range fetchHeaders {
		if FirstHeader(h, name) != "" {
			return true
		}
	}
	return false
}

// IsWebSocket says whether this request opens a web socket. Any other upgrade, such as
// h2c, is only offered beside an ordinary request (RFC 9110 section 7.8).
func IsWebSocket(h Header) bool { return containsFold(FirstHeader(h, "Upgrade"), "websocket") }

// IsHTMX says whether htmx made this request. htmx goes to another page only when the
// answer has the header HX-Redirect.
func IsHTMX(h Header) bool { return FirstHeader(h, "Hx-Request") != "" }

func navigationIf(yes bool) Kind {
	if yes {
		return Navigation
	}
	return Script
}

func formPostIf(yes bool) Kind {
	if yes {
		return FormPost
	}
	return Script
}

// isFormPost holds for a POST that a browser sends for an HTML form. All signs must
// agree, because the answer is a page, which a script cannot read. A form has one of
// three content types, and the browser accepts HTML. A browser with Fetch Metadata sends
// the mode "navigate". Without Fetch Metadata, a fetch that imitates a form gets the
// page; its status is 401 all the same.
func isFormPost(mode string, h Header) bool {
	if mode != "" && mode != "navigate" || FirstHeader(h, "Upgrade") != "" {
		return false
	}
	if strings.EqualFold(FirstHeader(h, "X-Requested-With"), "XMLHttpRequest") || !containsFold(FirstHeader(h, "Accept"), "text/html") {
		return false
	}
	kind, _, _ := strings.Cut(FirstHeader(h, "Content-Type"), ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "application/x-www-form-urlencoded", "multipart/form-data", "text/plain":
		return true
	}
	return false
}

// ClientOf tells whether the visitor is inside WeChat, and if not, whether at a desktop
// browser. WeCom (企业微信) says MicroMessenger too, but its codes are for another API. The
// browsers of phones have "Mobi" in their user agent, as Mozilla recommends to test
// (Browser detection using the user agent). A tablet that says it is a desktop counts as
// one: its visitor can scan a code with a phone, too.
func ClientOf(userAgent string) Client {
	const browser = "Mozilla/"
	wecom := containsFold(userAgent, "wxwork")
	switch {
	case containsFold(userAgent, "MicroMessenger") && !wecom:
		return InsideWeChat
	case wecom, containsFold(userAgent, "Mobi"), len(userAgent) < len(browser), !strings.EqualFold(userAgent[:len(browser)], browser):
		return OutsideWeChat
	}
	return Desktop
}

// containsFold says whether s contains part in any case. It makes no copy of s in lower
// case, and it tries the usual spelling first.
func containsFold(s, part string) bool {
	if strings.Contains(s, part) {
		return true
	}
	for i := range len(s) - len(part) + 1 {
		if s[i]|0x20 == part[0]|0x20 && strings.EqualFold(s[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

// CrossSite says whether another site made this request. The browser tells this by
// Sec-Fetch-Site, and an older browser by Origin. A request with neither header, or with
// the Origin "null", counts as our own: our cookies are SameSite=Lax, so a form of
// another site brings no session along.
func CrossSite(h Header, at Origin) bool {
	switch site := h.Get("Sec-Fetch-Site"); site {
	case "":
	case "same-origin", "none":
		return false
	default:
		return true
	}
	from := h.Get("Origin")
	return from != "" && from != "null" && !strings.EqualFold(from, at.String())
}

// VerificationPrefix begins the name of the file by which WeChat checks the domain of an
// Official Account.
const VerificationPrefix = "MP_verify_"

// wecomPrefix begins the name of the file by which WeCom checks a domain.
const wecomPrefix = "WW_verify_"

// verificationDigits is how many characters follow either prefix.
const verificationDigits = 16

// IsVerificationFile holds for the path of a file by which WeChat or WeCom checks a
// domain: at the root, MP_verify_ or WW_verify_, 16 letters or digits, and .txt.
func IsVerificationFile(path string) bool {
	if len(path) != len("/")+len(VerificationPrefix)+verificationDigits+len(".txt") || path[0] != '/' {
		return false
	}
	name, isText := strings.CutSuffix(path[1:], ".txt")
	if !isText {
		return false
	}
	prefix, token := name[:len(VerificationPrefix)], name[len(VerificationPrefix):]
	return (prefix == VerificationPrefix || prefix == wecomPrefix) && IsWord(token) && !strings.ContainsAny(token, "-_")
}

// isWellKnownFile holds for files that browsers, crawlers and WeChat's domain check
// request by themselves. No visitor wants to log in then.
func isWellKnownFile(path string) bool {
	return path == "/favicon.ico" || path == "/robots.txt" ||
		strings.HasPrefix(path, "/apple-touch-icon") || IsVerificationFile(path)
}
