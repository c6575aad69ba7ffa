package core

import "strings"

// kindOf tells navigations, which may be redirected to WeChat, from everything
// that would be broken by it: forms lose their body, scripts stop at CORS, a
// prefetch or an image spends a code. The surest sign is asked first; browsers
// without Fetch Metadata are judged by X-Requested-With and Accept. Android's web
// view sends its package name (com.tencent.mm) as X-Requested-With on navigations.
func kindOf(r *Request) kind {
	// fetch and XMLHttpRequest, whatever else they say.
	dest, mode := r.first("Sec-Fetch-Dest"), r.first("Sec-Fetch-Mode")
	if dest == "empty" && mode != "navigate" {
		return script
	}
	path, _, _ := strings.Cut(r.Target, "?")
	if r.Method != "GET" || r.first("Upgrade") != "" || isFetchedByItself(path) {
		return script
	}
	for _, name := range [...]string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if containsFold(r.first(name), "prefetch") {
			return script
		}
	}
	switch dest {
	case "iframe", "frame", "embed", "object", "fencedframe":
		return frame
	}
	if mode != "" {
		return navigationIf(mode == "navigate")
	}
	if dest != "" {
		return navigationIf(dest == "document")
	}
	if strings.EqualFold(r.first("X-Requested-With"), "XMLHttpRequest") {
		return script
	}
	return navigationIf(containsFold(r.first("Accept"), "text/html"))
}

func navigationIf(yes bool) kind {
	if yes {
		return navigation
	}
	return script
}

// clientOf tells whether the visitor is inside WeChat. WeCom (企业微信) says
// MicroMessenger too, but its codes are for another API.
func clientOf(userAgent string) client {
	if containsFold(userAgent, "MicroMessenger") && !containsFold(userAgent, "wxwork") {
		return insideWeChat
	}
	return outsideWeChat
}

// containsFold says whether s holds part in whatever case, without a copy of s in
// lower case. As browsers spell it is looked for first.
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

// crossSite says whether a browser tells that another site made this request
// (Sec-Fetch-Site, else Origin against our own). A request with neither comes
// from no browser of the last years and carries no cookie that a form of another
// site could have made it carry: ours are Lax.
func crossSite(r *Request, at origin) bool {
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "":
	case "same-origin", "none":
		return false
	default:
		return true
	}
	from := r.Header.Get("Origin")
	return from != "" && !strings.EqualFold(from, at.String())
}
