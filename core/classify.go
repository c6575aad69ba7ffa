package core

import "strings"

// kindOf tells navigations, which may be redirected to WeChat, from everything
// that would be broken by it: forms lose their body, scripts stop at CORS, a
// prefetch or an image spends a code. The surest sign is asked first; browsers
// without Fetch Metadata are judged by X-Requested-With and Accept. Android's web
// view sends its package name (com.tencent.mm) as X-Requested-With on navigations.
func kindOf(r *Request) kind {
	h := r.Header
	path, _, _ := strings.Cut(r.Target, "?")
	if r.Method != "GET" || h.Get("Upgrade") != "" || isFetchedByItself(path) {
		return script
	}
	for _, name := range [...]string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if strings.Contains(strings.ToLower(h.Get(name)), "prefetch") {
			return script
		}
	}
	dest := h.Get("Sec-Fetch-Dest")
	switch dest {
	case "iframe", "frame", "embed", "object", "fencedframe":
		return frame
	}
	if mode := h.Get("Sec-Fetch-Mode"); mode != "" {
		return navigationIf(mode == "navigate")
	}
	if dest != "" {
		return navigationIf(dest == "document")
	}
	if strings.EqualFold(h.Get("X-Requested-With"), "XMLHttpRequest") {
		return script
	}
	return navigationIf(strings.Contains(strings.ToLower(h.Get("Accept")), "text/html"))
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
	ua := strings.ToLower(userAgent)
	if strings.Contains(ua, "micromessenger") && !strings.Contains(ua, "wxwork") {
		return insideWeChat
	}
	return outsideWeChat
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
