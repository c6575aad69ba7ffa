package wxapi

import (
	"context"
	"errors"
	"time"
)

const (
	tokenPath       = "/cgi-bin/token"
	stableTokenPath = "/cgi-bin/stable_token"
	ticketPath      = "/cgi-bin/ticket/getticket"
)

// fetched is what a fetch returns.
type fetched struct {
	value string
	life  time.Duration // 0 for unknown

	// final means that WeChat made this value because the one before was
	// rejected. It gives no other for renewalGap.
	final bool
}

// source names where the token comes from.
func (t *AccountToken) source() string {
	switch {
	case t.config.Source != nil:
		return "source"
	case t.config.Classic:
		return "classic"
	}
	return "stable"
}

// fetch gets a token, if possible another than rejected.
func (t *AccountToken) fetch(ctx context.Context, rejected string) (fetched, error) {
	switch {
	case t.config.Source != nil:
		return t.fetchSource(ctx, rejected)
	case t.config.Classic:
		return t.fetchClassic(ctx, rejected)
	}
	token, err := t.fetchStable(ctx, false)
	if err != nil || rejected == "" || token.value != rejected {
		return token, err
	}
	return t.fetchStable(ctx, true)
}

func (t *AccountToken) fetchStable(ctx context.Context, force bool) (fetched, error) {
	return t.fetchStableAt(ctx, force, nil)
}

// fetchStableAt also takes WeChat's time.
func (t *AccountToken) fetchStableAt(ctx context.Context, force bool, date *time.Time) (fetched, error) {
	type body struct {
		GrantType    string `json:"grant_type"`
		AppID        string `json:"appid"`
		Secret       string `json:"secret"`
		ForceRefresh bool   `json:"force_refresh"`
	}
	r, err := t.client.doRetryBusy(ctx, call{
		op:      t.token.name,
		ownDial: true, // it is prefetched, while a visitor waits for the calls that follow
		path:    stableTokenPath,
		date:    date,
		secrets: t.secrets(),
		body:    body{"client_credential", t.client.appID, t.client.secret(), force},
	})
	if err != nil {
		return fetched{}, err
	}
	return r.fetched("access_token", force)
}

func (t *AccountToken) fetchClassic(ctx context.Context, rejected string) (fetched, error) {
	r, err := t.client.doRetryBusy(ctx, call{
		op:      t.token.name,
		ownDial: true,
		path:    tokenPath,
		secrets: t.secrets(),
		query:   []string{"grant_type", "client_credential", "appid", t.client.appID, "secret", t.client.secret()},
	})
	if err != nil {
		return fetched{}, err
	}
	return r.fetched("access_token", rejected != "")
}

func (t *AccountToken) fetchSource(ctx context.Context, rejected string) (fetched, error) {
	token, life, err := t.config.Source(ctx, rejected)
	if err != nil {
		return fetched{}, t.sourceError(ctx, err, token)
	}
	return fetched{value: token, life: life}, nil
}

// sourceError removes secrets from an app's own error. It keeps the class of an
// *Error inside it; any other error counts as temporary.
func (t *AccountToken) sourceError(ctx context.Context, err error, token string) error {
	own := newCallError(ctx, t.token.name, err, newRedactor(append(t.secrets(), t.client.secret(), token)...))
	var e *Error
	if errors.As(own, &e) {
		own.class = e.Class()
	}
	return own
}

// secrets returns what the errors of a call may not show, beside the app secret:
// WeChat could repeat any token and ticket that it has given.
func (t *AccountToken) secrets() []string {
	token, ticket := t.token.current.Load(), t.ticket.current.Load()
	return []string{token.value, token.rejected, ticket.value, ticket.rejected}
}

// fetched reads a token or a ticket, and its life.
func (r reply) fetched(key string, final bool) (fetched, error) {
	s, ok := r.text(key)
	if !ok || !tokenShape.MatchString(s) {
		return fetched{}, r.bad("it has no valid " + key)
	}
	return fetched{s, r.expiresIn(), final}, nil
}
