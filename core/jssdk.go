package core

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/seed467724c4/wechat/core/internal/web"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// JSConfig holds the arguments of wx.config under their own names (JS-SDK, 附录1). The
// page adds debug and jsApiList.
type JSConfig struct {
	AppID     string `json:"appId"`
	Timestamp int64  `json:"timestamp"`
	NonceStr  string `json:"nonceStr"`
	Signature string `json:"signature"`
}

// JSConfig signs a page of this site for WeChat's JS-SDK. page is the page's address as
// its script reads it (location.href); the part from # on is removed, as WeChat
// requires. The site is Config.PublicURL. Without one it is the origin of the request
// that ctx belongs to, behind a gate. Any other page is [ErrForeignPage], because a
// signature lets a page act in the account's name. The host must be registered as
// JS接口安全域名. If WeChat returns no ticket, the error is [ErrUnavailable].
//
// The ticket is cached for its lifetime, so most calls do not wait. A call to WeChat
// takes up to 23 s at worst, if WeChat is slow and refuses the account's token once.
// Put a deadline on ctx to wait less; the ticket is fetched all the same.
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

// isOwnPage accepts only the form that a browser writes. The origin must match exactly,
// and no byte may make two parsers disagree about the start of the path.
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
