package core

import (
	"context"
	"net/url"
	"strings"
)

// checkSettings looks at what New only warns of.
func (a *Auth) checkSettings(context.Context) (found []Finding) {
	c := &a.config
	switch {
	case c.PublicURL == "":
		found = append(found, Finding{PublicURLUnsafe, Warning, "Config.PublicURL is not set, so a request's own host decides where WeChat sends visitors back to",
			"set Config.PublicURL or WECHAT_PUBLIC_URL to the address that visitors use, such as https://app.example.com; its host must be the 网页授权域名 (web authorization domain) under 设置与开发 (settings and development) > 账号设置 (account settings) > 功能设置 (functions) on mp.weixin.qq.com", nil})
	case !a.public.IsHTTPS() && !loopback(c.PublicURL):
		found = append(found, Finding{PublicURLUnsafe, Warning, "Config.PublicURL is http, so anybody on the way can read codes and sessions",
			"serve the site with https, and set Config.PublicURL or WECHAT_PUBLIC_URL to its https address", nil})
	}
	if u, err := url.Parse(c.PublicURL); err == nil && portRefused(u) && c.OpenURL == "" {
		found = append(found, Finding{PublicURLUnsafe, Failing, "Config.PublicURL has a port, which WeChat does not allow: visitors see its page 10003",
			"serve the site on port 443, and leave the port out of Config.PublicURL or WECHAT_PUBLIC_URL", nil})
	}
	if !loopback(c.PublicURL) && (c.AnyBrowser || !isWeChats(c.OpenURL) || !isWeChats(c.APIURL)) {
		found = append(found, Finding{NotWeChat, Warning, "logins go to an address that is not WeChat's, or every browser counts as WeChat (AnyBrowser)",
			"leave Config.OpenURL, APIURL and AnyBrowser (WECHAT_OPEN_URL, WECHAT_API_URL, WECHAT_ANY_BROWSER) out on a public site: at a simulator anybody logs in as anybody", nil})
	}
	if c.Sessions == nil {
		return found
	}
	if !isInProcess(c.Sessions) && !c.Sessions.HashTokenInStore {
		found = append(found, Finding{SessionTokensReadable, Warning, "the store of Config.Sessions holds session tokens in the clear, so whoever reads the store or its backup can use every session",
			"set Sessions.HashTokenInStore = true; visitors then log in once more, because their tokens are looked for under another name", nil})
	}
	if !isInProcess(c.Sessions) && c.Cache == nil {
		found = append(found, Finding{CacheMissing, Warning, "Config.Sessions has a store of its own, and there is no Config.Cache: two nodes cannot share the result of a code, the account's token, and which messages were handled",
			"set Config.Cache to the same store; with one node alone this costs nothing but what a restart forgets", nil})
	}
	for _, trouble := range cookieTrouble(c.Sessions.Cookie, c.PublicURL) {
		f := Finding{Kind: SessionCookieWrong, Severity: Warning}
		f.What, f.Fix, _ = strings.Cut(trouble, "; ")
		if strings.Contains(f.What, "browsers drop it") || strings.Contains(f.What, "cannot log in") {
			f.Severity = Failing
		}
		found = append(found, f)
	}
	return found
}

// portRefused says whether WeChat refuses a redirect URI for its port.
func portRefused(u *url.URL) bool {
	return u.Port() != "" && u.Port() != "443" && u.Port() != "80" && !loopback(u.String())
}

// isWeChats says whether an address is one of WeChat's. "" stands for them.
func isWeChats(address string) bool {
	u, err := url.Parse(address)
	return address == "" || err == nil && u.Scheme == "https" && strings.HasSuffix(strings.ToLower(u.Hostname()), ".weixin.qq.com")
}
