package push

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/patrickmn/go-cache"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// Followers learns from messages who follows the account.
type Followers interface {
	// Heard notes whether a person follows, as of the time that WeChat made the
	// message. It is called before WeChat is answered, within 500 ms in all.
	Heard(ctx context.Context, openID string, follows bool, made time.Time)
}

// Tokens keeps refresh tokens of visitors.
type Tokens interface {
	// Forget deletes the token of a person who no longer follows.
	Forget(ctx context.Context, openID string)
}

// Account is what a [Receiver] needs of the account whose messages it receives.
type Account struct {
	AppID string
	// SealedFor is the app id inside encrypted messages, "" for AppID: a third-party
	// platform receives for its accounts under its own.
	SealedFor string
	Shared    *vault.Vault // handled messages, for the other nodes; nil on a single node
	Followers Followers
	Tokens    Tokens
	Logger    *slog.Logger
	Now       func() time.Time
	// Observe is told what became of a request. It must not block or panic. Default nil.
	Observe func(context.Context, Notice)
}

// Notice is what became of a request or of its hook.
type Notice struct {
	Name   string // "push.received", "push.rejected" or "push.failed"
	Kind   string // what was received: see kindOf
	Result string // "ok" or "duplicate"
	Reason string // why it was refused
	OpenID string // "" for a request that was refused
}

func (a *Account) observe(ctx context.Context, n Notice) {
	if a.Observe != nil {
		a.Observe(ctx, n)
	}
}

// Receiver holds what all handlers of one account share: the messages of the last
// minutes and the hooks that wait. Package core makes one per account and calls
// Sweep and Close; apps use core.Auth.PushHandler. It starts no goroutine before the
// first message.
type Receiver struct {
	account Account
	recent  *cache.Cache // see deduplicate.go
	waiting queue
	// Hooks run on this context, which ends with Close.
	lifetime context.Context
	end      context.CancelFunc
}

// NewReceiver makes the receiver of an account. All fields but Shared are required.
func NewReceiver(account Account) *Receiver {
	r := &Receiver{account: account, recent: cache.New(remembered, 0)}
	r.lifetime, r.end = context.WithCancel(context.Background())
	return r
}

// Handler receives messages with the settings c. The error names everything wrong
// with them. See core.Auth.PushHandler.
func (r *Receiver) Handler(c Config) (http.Handler, error) { return newHandler(r, c) }

// Sweep drops messages that need not be remembered any longer.
func (r *Receiver) Sweep() { r.recent.DeleteExpired() }

// Held is how many messages are remembered.
func (r *Receiver) Held() int { return r.recent.ItemCount() }

// Close accepts no more messages (the answer is 503), waits for hooks as long as
// patience says, and then ends the context of those that still run. It returns how
// many messages will never reach a hook. A second Close waits again and is harmless.
func (r *Receiver) Close(patience time.Duration) (dropped int) {
	defer r.end()
	return r.waiting.close(patience)
}

// pushKey is nil in 明文模式.
func (r *Receiver) pushKey(c Config) (*wxapi.PushKey, error) {
	if c.EncodingAESKey == "" {
		return nil, nil
	}
	sealedFor := r.account.SealedFor
	if sealedFor == "" {
		sealedFor = r.account.AppID
	}
	return wxapi.NewPushKey(sealedFor, c.EncodingAESKey)
}
