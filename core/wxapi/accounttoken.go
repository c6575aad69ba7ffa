package wxapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/seed467724c4/wechat/core/internal/vault"
)

// AccountTokenConfig says how an [AccountToken] is got and kept. The zero value
// is a working default for one process.
type AccountTokenConfig struct {
	// Cache is where all nodes of a site look before they ask WeChat, any
	// [scs.Store]. Token and ticket lie there sealed with a key made from the
	// app secret. nil: this process alone. A Cache that is down or slower than
	// 500 ms costs a call to WeChat and never a failure. Nodes that start at
	// the same instant may each ask once.
	Cache scs.Store

	// Classic asks GET /cgi-bin/token instead of POST /cgi-bin/stable_token.
	// Each answer of it is a new token that ends the one before 5 minutes
	// later (getAccessToken), so all programs of the account have to share one
	// Cache or one Source. The tokens of the two endpoints do not touch each
	// other.
	Classic bool

	// Source is called instead of WeChat: an app's own token server. rejected
	// is the token that WeChat refused, or "". Its ctx ends with the fetch.
	Source func(ctx context.Context, rejected string) (token string, expiresIn time.Duration, err error)

	// Logger is told of failures that whoever runs the site has to mend; default
	// [slog.Default].
	Logger *slog.Logger
}

// AccountToken is the account's own access token for the endpoints below
// /cgi-bin, which has nothing to do with the visitors' tokens of /sns. It is
// fetched when first needed, again 300 s before its end, and after WeChat
// refused it. While the old one works nobody waits for the new one.
//
// However many goroutines ask, one fetch is under way at a time. It has a
// deadline of its own, so a caller that gives up fails nobody else. A fetch that
// failed stands for all that ask within a second after it (within a minute if a
// quota is used up, 45009 or 45011), lest a crowd spend the quota; a fetch
// itself never repeats a call, not even after -1. While the old token is alive
// it stays in use when a fetch fails, the failure is logged, and the next fetch
// comes 15 s later. A token that WeChat refused is not used again.
//
// It prints as *** and refuses encoding/gob.
type AccountToken struct {
	client        *Client
	config        AccountTokenConfig
	token, ticket *keeper
	end           context.CancelFunc
	minted        gap
}

// AccountToken returns a holder of the account's own token. It does not call
// WeChat. An account needs one of them, for all goroutines and the life of the
// process. It fails only with a Cache, when the FIPS mode of Go finds the app
// secret too short for a key.
func (c *Client) AccountToken(cfg AccountTokenConfig) (*AccountToken, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	life, end := context.WithCancel(context.Background())
	t := &AccountToken{client: c, config: cfg, end: end}
	t.token = &keeper{name: "account token", fetch: t.fetch, budget: c.timeout + 2*vault.Timeout}
	// Its fetch may take two calls and have to wait for two fetches of the token.
	t.ticket = &keeper{name: "jsapi ticket", fetch: t.fetchTicket, budget: 4*c.timeout + 6*vault.Timeout}

	for _, k := range []*keeper{t.token, t.ticket} {
		k.life, k.log = life, cfg.Logger
		k.held.Store(&held{})
		if cfg.Cache == nil {
			continue
		}
		seal, err := vault.NewSeal(c.appID, c.secret(), k.name)
		if err != nil {
			end()
			return nil, err
		}
		// Another kind or place of token must not be taken for this one.
		k.shared, k.key = vault.New(cfg.Cache, seal), vault.Key(k.name, t.source(), c.apiURL, c.appID)
	}
	return t, nil
}

// Token returns the token, and fetches it first if there is none. The errors
// are those of the fetch, and ctx's own at once when ctx ends; a token that is
// held is returned whatever ctx says.
func (t *AccountToken) Token(ctx context.Context) (string, error) { return t.token.get(ctx, "") }

// Renew returns a token other than rejected, one that WeChat refused. It
// fetches only if the token held is still that one; another node's is preferred
// to a new one. stable_token is asked plainly first, and with force_refresh only
// if that gives the very same again (getStableAccessToken: at most 20 times a
// day and every 30 s). [ErrRefused] is the answer when that does not help
// either, and within 30 s of such a renewal with Classic.
func (t *AccountToken) Renew(ctx context.Context, rejected string) (string, error) {
	return t.token.get(ctx, rejected)
}

// Do calls call with the token. If that gives an [*Error] with the code 40001,
// 40014 or 42001, Do renews the token and calls once more; whatever comes then
// is returned. Use it for all endpoints that take the account's token:
//
//	err := token.Do(ctx, func(token string) error {
//		reply, err := post("https://api.weixin.qq.com/cgi-bin/...?access_token=" + url.QueryEscape(token))
//		...
//		return &wxapi.Error{Endpoint: "/cgi-bin/...", Code: reply.ErrCode, Message: reply.ErrMsg}
//	})
//
// Keep the token out of errors and logs: net/http's own errors show the URL.
func (t *AccountToken) Do(ctx context.Context, call func(token string) error) error {
	token, err := t.Token(ctx)
	if err != nil {
		return err
	}
	refused := call(token)
	if !spent(refused) {
		return refused
	}
	if token, err = t.Renew(ctx, token); err != nil {
		return fmt.Errorf("%w (after %w)", err, refused)
	}
	return call(token)
}

// spent reports whether err says that the account's token is no longer good.
func spent(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	return accountClasses[e.Code] == ClassRefresh
}

// Close ends a fetch under way and allows no more. A token that is held is
// still given out.
func (t *AccountToken) Close() { t.end() }
