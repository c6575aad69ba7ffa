package core

import (
	"context"
	"time"

	"github.com/seed467724c4/wechat/core/internal/once"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// application is one thing at WeChat that visitors log in to. An open id belongs to one
// application, and only the application that a code was made for can spend it.
type application interface {
	// appID is the id that open ids and users belong to.
	appID() string
	// authorizeURL is the page of WeChat that a login starts on. lang is the visitor's
	// language as in Page.Lang, or "".
	authorizeURL(back string, asked Scope, state, lang string) string
	// scope is WeChat's name of what a login asks for.
	scope(asked Scope) string
	// codeLife is how long a code works, and so how long its result is remembered.
	codeLife() time.Duration

	exchange(ctx context.Context, code string) (*wxapi.Token, error)
	refresh(ctx context.Context, refreshToken string) (*wxapi.Token, error)
	profile(ctx context.Context, accessToken, openID, lang string) (*wxapi.UserInfo, error)
}

// account is the application that an instance belongs to. It has followers and a token
// of its own, and the keys of the instance come from it.
type account interface {
	application
	// keys is what the keys of the instance are derived from.
	keys() keyMaterial
	// client makes the calls with the account's own token, and keeps connections.
	client() *wxapi.Client
	// token is the account's own token.
	token(wxapi.AccountTokenConfig) (*wxapi.AccountToken, error)
}

// keyMaterial is what keys are derived from. name tells accounts with the same secret
// apart. Keys of the previous secrets read and verify, and make nothing new.
type keyMaterial struct {
	name, secret string
	previous     []string
}

// officialAccount is an Official Account (公众号) with a secret of its own.
type officialAccount struct {
	id  string
	api *wxapi.Client
	// A function, because reflection can print a string but not what a function returns.
	material func() keyMaterial
}

var _ account = (*officialAccount)(nil)

func newOfficialAccount(c *Config, w *watch) (*officialAccount, error) {
	api, err := wxapi.New(wxapi.Config{
		AppID: c.AppID, AppSecret: c.AppSecret, OpenURL: c.OpenURL, APIURL: c.APIURL,
		HTTPClient: c.HTTPClient, Timeout: tryTimeout, OnCall: w.called,
	})
	if err != nil {
		return nil, err
	}
	material := keyMaterial{c.AppID, c.AppSecret, c.PreviousSecrets}
	return &officialAccount{c.AppID, api, func() keyMaterial { return material }}, nil
}

func (o *officialAccount) appID() string           { return o.id }
func (o *officialAccount) codeLife() time.Duration { return once.Life }
func (o *officialAccount) keys() keyMaterial       { return o.material() }
func (o *officialAccount) client() *wxapi.Client   { return o.api }

// scope implements application: the Scopes of this package are an Official Account's.
func (o *officialAccount) scope(asked Scope) string { return string(asked) }

func (o *officialAccount) authorizeURL(back string, asked Scope, state, _ string) string {
	return o.api.AuthorizeURL(back, string(asked), state)
}

func (o *officialAccount) exchange(ctx context.Context, code string) (*wxapi.Token, error) {
	return o.api.Exchange(ctx, code)
}

func (o *officialAccount) refresh(ctx context.Context, refreshToken string) (*wxapi.Token, error) {
	return o.api.Refresh(ctx, refreshToken)
}

func (o *officialAccount) profile(ctx context.Context, accessToken, openID, lang string) (*wxapi.UserInfo, error) {
	return o.api.UserInfo(ctx, accessToken, openID, lang)
}

func (o *officialAccount) token(c wxapi.AccountTokenConfig) (*wxapi.AccountToken, error) {
	return o.api.AccountToken(c)
}
