package platform

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// AccountToken implements [core.Platform]: authorizer_access_token. One node asks
// WeChat and the others wait.
func (p *Platform) AccountToken(ctx context.Context, appID, refused string) (token string, expiresIn time.Duration, err error) {
	a, record, err := p.known(ctx, appID)
	if err != nil {
		return "", 0, err
	}
	if !record.Connected {
		return "", 0, core.ErrWithdrawn
	}
	t, err := p.get(ctx, &a.token, tokenPrefix+appID, refused, func(ctx context.Context) (string, time.Duration, error) {
		got, err := p.refreshAccount(ctx, appID)
		if err != nil {
			return "", 0, err
		}
		return got.AccessToken, got.ExpiresIn, nil
	})
	return t.Token, time.Unix(t.Expires, 0).Sub(p.now()), err
}

// refreshAccount gets a token by the account's refresh token. If WeChat does not accept
// that, the newest is read from WeChat's list. An account that is not in the list any
// more took its consent back.
func (p *Platform) refreshAccount(ctx context.Context, appID string) (*wxapi.Authorization, error) {
	began := p.now()
	var record accountRecord
	if _, found, err := p.records.load(ctx, accountPrefix+appID, &record); err != nil {
		return nil, storeTrouble(err)
	} else if !found || !record.Connected {
		return nil, core.ErrWithdrawn
	}
	got, err := p.tokenBy(ctx, appID, record.Refresh)
	if isCode(err, 61023) || record.Refresh == "" {
		refresh, listed := p.listed(ctx, appID)
		if listed == nil && refresh != "" {
			got, err = p.tokenBy(ctx, appID, refresh)
		} else if listed == nil {
			err = fmt.Errorf("%w: %w", core.ErrWithdrawn, err)
		}
	}
	switch {
	case err == nil:
		if got.RefreshToken != record.Refresh {
			err = p.keepRefresh(ctx, appID, got.RefreshToken)
		}
		return got, err
	case wxapi.IsWithdrawn(err) || errors.Is(err, core.ErrWithdrawn):
		p.withdraw(ctx, appID, began)
		return nil, fmt.Errorf("%w: %w", core.ErrWithdrawn, err)
	}
	return nil, err
}

func (p *Platform) tokenBy(ctx context.Context, appID, refresh string) (*wxapi.Authorization, error) {
	return withToken(ctx, p, func(token string) (*wxapi.Authorization, error) {
		return p.api.AccountToken(ctx, token, appID, refresh)
	})
}

func isCode(err error, code int) bool {
	var wx *wxapi.Error
	return errors.As(err, &wx) && wx.Code == code
}

// keepRefresh stores a refresh token that WeChat has given, unless the account took its
// consent back meanwhile.
func (p *Platform) keepRefresh(ctx context.Context, appID, refresh string) error {
	record, err := update(ctx, &p.records, accountPrefix+appID, func(r *accountRecord, found bool) bool {
		if !found || !r.Connected || r.Refresh == refresh {
			return false
		}
		r.Refresh = refresh
		return true
	})
	if err == nil && record.AppID != "" {
		p.note(appID, record)
	}
	return err
}
