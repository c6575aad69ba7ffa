package wxapi

import (
	"context"
	"time"
)

// Probe asks WeChat for the account's token although one may be cached, and forgets it:
// it finds out whether app id, app secret and IP whitelist are right. date is WeChat's
// time in the answer, to the second; zero if there is none. It takes a call of the quota
// of stable_token (getStableAccessToken).
//
// With Classic or Source it returns the token's error as [AccountToken.Token] does, because
// a new token would end the one that others use. date then comes from a call without a
// token, which WeChat refuses (41001).
func (t *AccountToken) Probe(ctx context.Context) (date time.Time, err error) {
	if t.source() == "stable" {
		_, err = t.fetchStableAt(ctx, false, &date)
		return date, err
	}
	if _, err = t.Token(ctx); err != nil {
		return date, err
	}
	_, _, _ = t.client.send(ctx, call{path: "/cgi-bin/getcallbackip", ownDial: true, date: &date})
	return date, nil
}
