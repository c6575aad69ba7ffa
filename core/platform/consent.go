package platform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed467724c4/wechat/core/wxapi"
)

const (
	codesName = "codes"
	// codeLife is WeChat's (AuthorizationCodeExpiredTime is an hour ahead).
	codeLife = time.Hour
	// maxCodes bounds the record of spent codes, 100 bytes each.
	maxCodes = 400
)

// Page says which of WeChat's consent pages an administrator is sent to.
type Page int

const (
	// PCPage shows a QR code that the administrator scans.
	PCPage Page = iota
	// PhonePage is for administrators who read the app inside WeChat.
	PhonePage
)

// ConsentURL returns the address of WeChat's consent page. Put it into a link of a page
// on 授权发起页域名: WeChat checks the Referer, so a redirect to it does not work, nor a
// page with Referrer-Policy no-referrer. It works once, within 10 minutes.
//
// redirectURI is a page of the app on the same host. WeChat adds auth_code and
// expires_in; give auth_code to [Platform.Connect]. Whoever opens that address is not
// known to have asked for it: put a random value of the administrator's session into
// its query and compare it, or else an attacker's link connects the attacker's account
// to somebody's shop. appID, if not "", is the only account that can be chosen.
func (p *Platform) ConsentURL(ctx context.Context, page Page, redirectURI, appID string) (string, error) {
	code, err := withToken(ctx, p, func(token string) (string, error) { return p.api.PreAuthCode(ctx, token) })
	if err != nil {
		return "", err
	}
	return p.api.ConsentURL(p.config.PagesURL, code, redirectURI, appID, page == PhonePage), nil
}

// Connect spends the auth_code of a consent and returns the account, connected. The
// same code comes by redirect and by push, in any order and at once, also to two nodes:
// it is spent once, and all callers get the account.
//
// A code that WeChat does not know (61009) or that is older than an hour (61010) is an
// error; the administrator has to consent again.
func (p *Platform) Connect(ctx context.Context, authCode string) (Account, error) {
	return p.connect(ctx, authCode, "", p.now())
}

// connect is Connect. appID is the account that a push has named, or "".
func (p *Platform) connect(ctx context.Context, code, appID string, made time.Time) (Account, error) {
	sum := sha256.Sum256([]byte("auth code " + code))
	hash := hex.EncodeToString(sum[:16])
	return flight(ctx, p, "code/"+hash, func(ctx context.Context) (Account, error) {
		return p.connectOnce(ctx, code, hash, appID, made)
	})
}

// codesRecord are the codes of the last hour.
type codesRecord struct {
	Codes []spentCode `json:"codes"`
}

type spentCode struct {
	Hash  string `json:"hash"`
	At    int64  `json:"at"`               // when a node began to spend it
	AppID string `json:"app_id,omitempty"` // once it is spent
}

// connectOnce claims a code, so that one node spends it, and spends it.
func (p *Platform) connectOnce(ctx context.Context, code, hash, appID string, made time.Time) (Account, error) {
	for {
		spent, mine, err := p.claim(ctx, hash)
		switch {
		case err != nil:
			return Account{}, err
		case mine:
			account, err := p.spend(ctx, code, appID, made)
			p.settle(ctx, hash, account.AppID)
			return account, err
		case spent != "":
			_, record, err := p.known(ctx, spent)
			return record.account(), err
		}
		select { // another node spends it
		case <-time.After(leasePoll):
		case <-ctx.Done():
			return Account{}, ctx.Err()
		}
	}
}

// claim is mine for the one node that spends the code. spent is the account once it is
// spent.
func (p *Platform) claim(ctx context.Context, hash string) (spent string, mine bool, err error) {
	now := p.now().Unix()
	_, err = update(ctx, &p.records, codesName, func(r *codesRecord, _ bool) bool {
		spent, mine = "", false
		r.Codes = slices.DeleteFunc(r.Codes, func(c spentCode) bool { return now-c.At >= int64(codeLife.Seconds()) })
		at := slices.IndexFunc(r.Codes, func(c spentCode) bool { return c.Hash == hash })
		if at >= 0 && (r.Codes[at].AppID != "" || now-r.Codes[at].At < int64(leaseLife.Seconds())) {
			spent = r.Codes[at].AppID
			return false
		}
		mine = true
		if at >= 0 { // the node that began has not come to an end
			r.Codes = slices.Delete(r.Codes, at, at+1)
		}
		r.Codes = append(r.Codes, spentCode{Hash: hash, At: now})
		r.Codes = r.Codes[max(0, len(r.Codes)-maxCodes):]
		return true
	})
	return spent, mine, err
}

// settle notes which account a code was for. Without one the code may be tried again.
func (p *Platform) settle(ctx context.Context, hash, appID string) {
	_, err := update(ctx, &p.records, codesName, func(r *codesRecord, _ bool) bool {
		for i := range r.Codes {
			if r.Codes[i].Hash == hash && appID != "" {
				r.Codes[i].AppID = appID
				return true
			}
		}
		before := len(r.Codes)
		r.Codes = slices.DeleteFunc(r.Codes, func(c spentCode) bool { return c.Hash == hash })
		return len(r.Codes) != before
	})
	if err != nil {
		p.config.logger().WarnContext(ctx, "wechat: a spent authorization code was not noted", "error", err)
	}
}

// spend turns a code into a connected account.
func (p *Platform) spend(ctx context.Context, code, appID string, made time.Time) (Account, error) {
	got, err := withToken(ctx, p, func(token string) (*wxapi.Authorization, error) { return p.api.QueryAuth(ctx, token, code) })
	if (isCode(err, 61009) || isCode(err, 61010)) && appID != "" {
		// The push names the account. Its code may have been spent by a node that did not
		// live to store the answer, or the answer was lost.
		if refresh, listed := p.listed(ctx, appID); listed == nil && refresh != "" {
			got, err = &wxapi.Authorization{AppID: appID, RefreshToken: refresh}, nil
		}
	}
	if err != nil {
		return Account{}, fmt.Errorf("wechat: connecting an account: %w", err)
	}
	if appID != "" && got.AppID != appID {
		return Account{}, errors.New("wechat: connecting an account: the code is of another account than the push says")
	}
	return p.connected(ctx, got, made)
}

// connected stores an account that has agreed, and asks for its name.
func (p *Platform) connected(ctx context.Context, got *wxapi.Authorization, made time.Time) (Account, error) {
	record, err := update(ctx, &p.records, accountPrefix+got.AppID, func(r *accountRecord, _ bool) bool {
		r.AppID, r.Refresh, r.Connected = got.AppID, got.RefreshToken, true
		r.Changed = max(r.Changed, made.Unix())
		if got.Permissions != nil {
			r.Permissions = got.Permissions
		}
		return true
	})
	if err != nil {
		return Account{}, err
	}
	a := p.note(got.AppID, record)
	// The tokens of an earlier consent end with it.
	next := tokenRecord{}
	if got.AccessToken != "" {
		next = newTokenRecord(got.AccessToken, got.ExpiresIn, p.now())
	}
	a.token.current.Store(&next)
	if _, err := update(ctx, &p.records, tokenPrefix+got.AppID, func(t *tokenRecord, _ bool) bool { *t = next; return true }); err != nil {
		return Account{}, err
	}
	record = p.describe(ctx, record)
	p.told(ctx, record.account())
	return record.account(), nil
}

// describe asks WeChat for an account's name and original id. Without an answer the
// account is connected all the same.
func (p *Platform) describe(ctx context.Context, record accountRecord) accountRecord {
	info, err := withToken(ctx, p, func(token string) (*wxapi.AuthorizerInfo, error) {
		return p.api.AccountInfo(ctx, token, record.AppID)
	})
	if err != nil {
		p.config.logger().WarnContext(ctx, "wechat: the name of a connected account is not known", "app_id", record.AppID, "error", err)
		return record
	}
	next, err := update(ctx, &p.records, accountPrefix+record.AppID, func(r *accountRecord, found bool) bool {
		if !found {
			return false
		}
		r.Name, r.OriginalID = info.Name, info.OriginalID
		if info.Permissions != nil && r.Connected {
			r.Permissions = info.Permissions
		}
		return true
	})
	if err != nil || next.AppID == "" {
		return record
	}
	p.note(next.AppID, next)
	return next
}

// listed looks an account up in WeChat's list. refresh is "" if it is not there.
func (p *Platform) listed(ctx context.Context, appID string) (refresh string, err error) {
	err = p.eachListed(ctx, func(a wxapi.Authorization) error {
		if a.AppID == appID {
			refresh = a.RefreshToken
		}
		return nil
	})
	return refresh, err
}

// maxPages bounds the list: 100,000 accounts.
const maxPages = 200

// eachListed goes through WeChat's list of accounts.
func (p *Platform) eachListed(ctx context.Context, do func(wxapi.Authorization) error) error {
	type page struct {
		accounts []wxapi.Authorization
		total    int
	}
	const pageSize = 500
	for n := range maxPages {
		got, err := withToken(ctx, p, func(token string) (page, error) {
			accounts, total, err := p.api.Accounts(ctx, token, n*pageSize)
			return page{accounts, total}, err
		})
		if err != nil {
			return err
		}
		for _, a := range got.accounts {
			if err := do(a); err != nil {
				return err
			}
		}
		if (n+1)*pageSize >= got.total || len(got.accounts) == 0 {
			return nil
		}
	}
	return nil
}

// Recover reads all accounts and their refresh tokens from WeChat's list
// (api_get_authorizer_list): the way back after the store was lost, without any
// administrator. Accounts of the store that are not in the list count as withdrawn. It
// returns how many accounts are connected.
func (p *Platform) Recover(ctx context.Context) (connected int, err error) {
	began := p.now()
	there := map[string]bool{}
	err = p.eachListed(ctx, func(a wxapi.Authorization) error {
		there[a.AppID] = true
		var record accountRecord
		_, found, err := p.records.load(ctx, accountPrefix+a.AppID, &record)
		switch {
		case err != nil:
			return storeTrouble(err)
		case found && record.Connected && record.Refresh == a.RefreshToken:
			return nil
		}
		_, err = p.connected(ctx, &a, began)
		return err
	})
	if err != nil {
		return len(there), err
	}
	known, err := p.Accounts(ctx)
	for _, a := range known {
		if a.Connected && !there[a.AppID] {
			err = errors.Join(err, p.withdraw(ctx, a.AppID, began))
		}
	}
	return len(there), err
}

// Reseal seals everything in the store with AppSecret, so that Config.PreviousSecrets
// can be left out afterwards.
func (p *Platform) Reseal(ctx context.Context) error {
	names, err := p.records.list(ctx, "")
	if err != nil {
		return storeTrouble(err)
	}
	for _, name := range names {
		if err := p.records.reseal(ctx, name); err != nil {
			return storeTrouble(err)
		}
	}
	return nil
}
