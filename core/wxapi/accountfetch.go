package wxapi

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

const (
	tokenPath       = "/cgi-bin/token"
	stableTokenPath = "/cgi-bin/stable_token"
	ticketPath      = "/cgi-bin/ticket/getticket"

	// What WeChat keeps between two forced renewals of stable_token
	// (getStableAccessToken). /cgi-bin/token knows no such rule; a token of it
	// that is refused time and again would spend the 2000 a day in minutes.
	renewalGap = 30 * time.Second
)

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

// fetch gets a token that is not refused, if it can.
func (t *AccountToken) fetch(ctx context.Context, refused string) (string, time.Duration, error) {
	switch {
	case t.config.Source != nil:
		return t.fetchSource(ctx, refused)
	case t.config.Classic:
		return t.fetchClassic(ctx, refused)
	}
	token, life, err := t.fetchStable(ctx, false)
	if err != nil || refused == "" || token != refused {
		return token, life, err
	}
	return t.fetchStable(ctx, true)
}

func (t *AccountToken) fetchStable(ctx context.Context, force bool) (string, time.Duration, error) {
	type ask struct {
		GrantType    string `json:"grant_type"`
		AppID        string `json:"appid"`
		Secret       string `json:"secret"`
		ForceRefresh bool   `json:"force_refresh"`
	}
	r, err := t.client.ask(ctx, question{
		op:   t.token.name,
		path: stableTokenPath,
		hide: t.hidden(),
		body: ask{"client_credential", t.client.appID, t.client.secret(), force},
	})
	if err != nil {
		return "", 0, err
	}
	return r.value("access_token")
}

func (t *AccountToken) fetchClassic(ctx context.Context, refused string) (string, time.Duration, error) {
	if refused != "" && !t.minted.over(renewalGap) {
		return "", 0, ErrRefused
	}
	r, err := t.client.call(ctx, t.token.name, tokenPath, t.hidden(),
		"grant_type", "client_credential",
		"appid", t.client.appID,
		"secret", t.client.secret())
	if err != nil {
		return "", 0, err
	}
	if refused != "" {
		t.minted.begin()
	}
	return r.value("access_token")
}

func (t *AccountToken) fetchSource(ctx context.Context, refused string) (string, time.Duration, error) {
	token, life, err := t.config.Source(ctx, refused)
	if err != nil {
		return "", 0, t.sourceError(ctx, err, token)
	}
	return token, life, nil
}

// sourceError hides what an app's own error might show. Its class is that of
// what it wraps, and passing trouble if that has none.
func (t *AccountToken) sourceError(ctx context.Context, err error, token string) error {
	told := newTransportError(ctx, t.token.name, err, newHidden(append(t.hidden(), t.client.secret(), token)...))
	var e *Error
	if errors.As(told, &e) {
		told.class = e.Class()
	}
	return told
}

// hidden lists what the errors of a call may not show, beside the app secret:
// WeChat could repeat any token and ticket it ever gave.
func (t *AccountToken) hidden() []string {
	token, ticket := t.token.held.Load(), t.ticket.held.Load()
	return []string{token.value, token.refused, ticket.value, ticket.refused}
}

// value returns what a fetch is for, and its life; 0 for none that makes sense.
func (r reply) value(key string) (string, time.Duration, error) {
	s, ok := r.text(key)
	if !ok || !tokenShape.MatchString(s) {
		return "", 0, r.bad("it has no valid " + key)
	}
	return s, r.life(), nil
}

// gap is the time since something began.
type gap struct{ since atomic.Pointer[time.Time] }

func (g *gap) begin() {
	now := time.Now()
	g.since.Store(&now)
}

func (g *gap) over(d time.Duration) bool {
	since := g.since.Load()
	return since == nil || time.Since(*since) >= d
}
