package wxapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/seed467724c4/wechat/core/internal/vault"
)

// ticketName is the refresher of the JS-SDK ticket in errors and logs.
const ticketName = "jsapi ticket"

// AccountTokenConfig says how an [AccountToken] is fetched and cached. The zero
// value works for a site of one process.
type AccountTokenConfig struct {
	// Cache is where all nodes of a site look before they ask WeChat, any
	// [scs.Store]. Token and ticket are sealed in it with a key made from the app
	// secret. nil: this process alone. If Cache fails or takes longer than 500 ms,
	// the node asks WeChat instead; that is never an error. Nodes that start at
	// the same instant may each ask once.
	Cache scs.Store

	// Classic asks GET /cgi-bin/token instead of POST /cgi-bin/stable_token.
	// Each answer of it is a new token, and the token before it ends 5 minutes
	// later (getAccessToken). So all programs of the account have to share one
	// Cache or one Source. The tokens of the two endpoints are independent.
	Classic bool

	// Source is called instead of WeChat: an app's own token server. rejected
	// is the token that WeChat did not accept, or "". Its ctx ends with the fetch.
	Source func(ctx context.Context, rejected string) (token string, expiresIn time.Duration, err error)

	// Logger gets the failures that whoever runs the site has to fix; default
	// [slog.Default].
	Logger *slog.Logger

	// OnRefresh is called after each renewal of the token or of a ticket, in a goroutine
	// of its own. It must not block or panic. Default nil.
	OnRefresh func(context.Context, Refresh)
}

// AccountToken is the account's own access token for the endpoints below
// /cgi-bin. It has nothing to do with the visitors' tokens of /sns. It is
// fetched when it is first needed, again 300 s before it expires, and after
// WeChat rejected it. While the old token works, no caller waits for the new one.
//
// However many goroutines ask, one fetch runs at a time. It has a deadline of its
// own, so a caller that gives up does not fail the others. It repeats a call once
// after -1. A failed fetch counts for all callers within the next second (within
// a minute if a quota is used up, 45009 or 45011), so that many callers do not
// use up the quota. While the old token has not expired, it stays in use when a
// fetch fails; the failure is logged, and the next fetch comes 15 s later.
//
// It prints as *** and refuses encoding/gob.
type AccountToken struct {
	client        *Client
	config        AccountTokenConfig
	token, ticket *refresher
	end           context.CancelFunc
}

// AccountToken returns a holder of the account's own token. It does not call
// WeChat. An account needs one of them, for all goroutines and the life of the
// process. It fails only without a Source for a [Config.Delegation], and with a Cache, when the FIPS mode of Go finds the app
// secret too short for a key.
func (c *Client) AccountToken(cfg AccountTokenConfig) (*AccountToken, error) {
	if c.delegation != nil && cfg.Source == nil {
		return nil, errors.New("wechat: an account that a platform acts for has no secret to get a token with: set AccountTokenConfig.Source")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	lifetime, end := context.WithCancel(context.Background())
	t := &AccountToken{client: c, config: cfg, end: end}
	t.token = &refresher{name: "account token", fetch: t.fetch, timeout: c.timeout + 2*vault.Timeout}
	// A ticket's fetch may take two calls and wait for two fetches of the token.
	t.ticket = &refresher{name: ticketName, fetch: t.fetchTicket, timeout: 4*c.timeout + 6*vault.Timeout}

	for _, r := range []*refresher{t.token, t.ticket} {
		r.lifetime, r.log, r.onRefresh = lifetime, cfg.Logger, cfg.OnRefresh
		r.current.Store(&cached{})
		if cfg.Cache == nil {
			continue
		}
		seal, err := vault.NewSeal(c.appID, c.secret(), r.name)
		if err != nil {
			end()
			return nil, err
		}
		// A token of another kind or another API address gets another key.
		r.shared, r.key = vault.New(cfg.Cache, seal), vault.Key(r.name, t.source(), c.apiURL, c.appID)
	}
	return t, nil
}

// Token returns the token, and fetches it first if there is none. Its errors are
// those of the fetch, or ctx's own as soon as ctx ends. A cached token is
// returned even if ctx has ended.
func (t *AccountToken) Token(ctx context.Context) (string, error) { return t.token.get(ctx, "") }

// Prefetch fetches the token in the background if there is none or if it is due,
// for a call that will come soon. It never waits. A fetch that failed a moment ago
// counts, see [AccountToken].
func (t *AccountToken) Prefetch() { t.token.prefetch() }

// Renew returns a token instead of rejected, one that WeChat did not accept. It
// fetches only if rejected is the current token; a token that another node has
// put into the Cache comes first. stable_token is asked plainly, and with
// force_refresh only if that gives the same token again (getStableAccessToken: at
// most 20 times a day, and every 30 s).
//
// If WeChat insists on rejected, Renew returns rejected itself: WeChat also
// rejects tokens by mistake, and there is no better one. So it does without
// asking within 30 s of a forced renewal (of any renewal with Classic).
func (t *AccountToken) Renew(ctx context.Context, rejected string) (string, error) {
	return t.token.get(ctx, rejected)
}

// Do calls call with the token. If call returns an [*Error] with the code 40001,
// 40014 or 42001, Do renews the token and calls once more. It returns the error
// of the second call; this is also [ErrRefused] if WeChat rejected the same token
// twice. Use it for all endpoints that take the account's token:
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
	rejected := call(token)
	if !isTokenError(rejected) {
		return rejected
	}
	renewed, err := t.Renew(ctx, token)
	if err != nil {
		return fmt.Errorf("%w (after %w)", err, rejected)
	}
	err = call(renewed)
	if renewed == token && isTokenError(err) {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}

// doWithToken sends a call that changes nothing, with the account's token. It
// repeats it once with a renewed token, and once if WeChat was busy.
func (t *AccountToken) doWithToken(ctx context.Context, newCall func(token string) call) (r reply, err error) {
	var used []string // the reply to the second call may show the first token
	err = t.Do(ctx, func(token string) error {
		c := newCall(token)
		used = append(used, token)
		c.secrets = slices.Concat(c.secrets, t.secrets(), used)
		var err error
		r, err = t.client.doRetryBusy(ctx, c)
		return err
	})
	return r, err
}

// Close ends a fetch under way and allows no more. A cached token is still
// returned.
func (t *AccountToken) Close() { t.end() }
