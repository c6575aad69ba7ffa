package core

import (
	"context"
	"net/http"
	"time"

	"github.com/seed467724c4/wechat/core/internal/follow"
	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/push"
)

// closePatience is how long [Auth.Close] waits for hooks that messages set off.
const closePatience = 10 * time.Second

// PushHandler receives WeChat's requests to the address in the console's 服务器配置:
// the check of the address, follows and unfollows ([MustFollow] knows them at once),
// scans and messages. Mount it on a path of its own without any gate: with net/http as
// it is, in gin with gin.WrapH, in fiber with adaptor.HTTPHandler. Several handlers of
// one Auth share what they remember.
//
// The answers to what is refused:
//
//	403  no signature of WeChat's with this Token, a signature used for another message,
//	     a time more than 5 minutes from this server's clock, the wrong mode,
//	     in 安全模式 another account's message
//	400  not a message
//	413  more than 64 KiB
//	503  too many messages wait for their hooks; WeChat sends the message again
//
// The log has the reason, once a minute for each reason, with a count. The error lists
// every mistake in c.
func (a *Auth) PushHandler(c push.Config) (http.Handler, error) {
	h, err := a.messages.Handler(c)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer a.sweeper.wake()
		h.ServeHTTP(w, r)
	}), nil
}

// newMessages makes the receiver of the account's messages.
func newMessages(c *Config, w *watch, from keyMaterial, followers *follow.Followers, tokens *tokens, now func() time.Time) (*push.Receiver, error) {
	seal, err := vault.NewSeal(from.name, from.secret, "push")
	if err != nil {
		return nil, err
	}
	return push.NewReceiver(push.Account{
		AppID: c.AppID, SealedFor: sealedFor(c), Shared: vault.New(c.Cache, seal), Logger: w.logger(), Now: now, Observe: w.pushed,
		Followers: followers, Tokens: forgetter{c.AppID, tokens},
	}), nil
}

// sealedFor is the app id inside encrypted messages.
func sealedFor(c *Config) string {
	if c.Platform != nil {
		return c.Platform.AppID()
	}
	return c.AppID
}

// forgetter deletes the refresh token of a person who no longer follows.
type forgetter struct {
	appID string
	*tokens
}

func (f forgetter) Forget(ctx context.Context, openID string) { f.forget(ctx, f.appID, openID) }
