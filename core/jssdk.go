package core

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/seed467724c4/wechat/core/internal/web"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// JSConfig is what wx.config takes, in the names that it takes it by (JS-SDK,
// 附录1). debug and jsApiList are the page's own.
type JSConfig struct {
	AppID     string `json:"appId"`
	Timestamp int64  `json:"timestamp"`
	NonceStr  string `json:"nonceStr"`
	Signature string `json:"signature"`
}

// JSConfig signs a page of this site for WeChat's JS-SDK. page is the page's address
// as its script sees it (location.href); what follows a # is cut off, as WeChat
// wants it. The site is Config.PublicURL or, without one, the address of the request
// whose context this is, behind a gate; any other page is [ErrForeignPage], since a
// signature lets it act in the account's name. The host must be registered as
// JS接口安全域名. Where WeChat gives no ticket the error is [ErrUnavailable].
//
// The ticket is kept for its life, so most calls do not wait. One that has to ask
// WeChat takes up to 23 s at worst, if WeChat is slow and refuses the account's token
// once. Put a deadline on ctx to wait less; the ticket is fetched all the same.
func (a *Auth) JSConfig(ctx context.Context, page string) (JSConfig, error) {
	page, _, _ = strings.Cut(page, "#")
	if !a.isOwnPage(ctx, page) {
		return JSConfig{}, ErrForeignPage
	}
	ticket, err := a.token.JSTicket(ctx)
	if err != nil {
		return JSConfig{}, unavailableFor(fmt.Errorf("JS-SDK ticket: %w", err))
	}
	c := JSConfig{AppID: a.config.AppID, Timestamp: a.now().Unix(), NonceStr: rand.Text()}
	c.Signature = wxapi.JSSignature(ticket, c.NonceStr, c.Timestamp, page)
	return c, nil
}

// isOwnPage takes only what a browser writes: the origin letter by letter, and no
// byte that would make two parsers disagree about where the path begins.
func (a *Auth) isOwnPage(ctx context.Context, page string) bool {
	at := a.public
	if p := a.passageIn(ctx); p != nil {
		at = p.info.at
	}
	rest, ok := strings.CutPrefix(page, at.String()+at.Prefix)
	if at.Host == "" || !ok || len(page) > web.MaxTarget || rest != "" && rest[0] != '/' && rest[0] != '?' {
		return false
	}
	for i := range len(rest) {
		if rest[i] <= ' ' || rest[i] >= 0x7f || rest[i] == '\\' {
			return false
		}
	}
	return true
}
