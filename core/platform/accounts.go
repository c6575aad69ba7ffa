package platform

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core"
)

const (
	// accountPrefix and tokenPrefix begin the names of an account's records.
	accountPrefix = "account/"
	tokenPrefix   = "account-token/"
	// rereadAfter is how long a node trusts what it has read of an account. Then it
	// learns of what other nodes were told.
	rereadAfter = 5 * time.Second
	// maxUnknown bounds how many unknown app ids are remembered: they may come from
	// requests.
	maxUnknown = 1000
)

// ErrUnknown: no account with this app id has agreed that the platform acts for it.
var ErrUnknown = errors.New("wechat: the platform acts for no such account")

// errClosed: Close was called.
var errClosed = errors.New("wechat: the platform is closed")

// Account is an Official Account that has agreed.
type Account struct {
	AppID string

	// Name is the account's name; OriginalID is its original id (原始ID, gh_…). Both are
	// empty while WeChat has not told them.
	Name, OriginalID string

	// Permissions are the ids of the permission sets (权限集) that were granted. Logins
	// need the one of web pages (网页服务).
	Permissions []int

	// Connected is false once the account took its consent back.
	Connected bool

	// Changed is when it last agreed, changed its permissions or took its consent back.
	Changed time.Time
}

// accountRecord is an account in the store.
type accountRecord struct {
	AppID       string `json:"app_id"`
	Name        string `json:"name,omitempty"`
	OriginalID  string `json:"original_id,omitempty"`
	Permissions []int  `json:"permissions,omitempty"`
	Connected   bool   `json:"connected,omitempty"`
	Changed     int64  `json:"changed,omitempty"` // Unix seconds, by WeChat's clock where known
	Refresh     string `json:"refresh,omitempty"`
}

func (r *accountRecord) account() Account {
	return Account{AppID: r.AppID, Name: r.Name, OriginalID: r.OriginalID, Permissions: slices.Clone(r.Permissions),
		Connected: r.Connected, Changed: time.Unix(r.Changed, 0)}
}

// instance is what this process knows of an account. Platform.mu guards its fields.
type instance struct {
	record accountRecord
	read   time.Time // when record was read from the store
	auth   *core.Auth
	token  tokens
	hooks  messageHandlers
}

var appIDShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// known returns what this node knows of an account, read from the store if that is more
// than 5 s ago. If the store does not answer, what was read before counts.
func (p *Platform) known(ctx context.Context, appID string) (*instance, accountRecord, error) {
	if !appIDShape.MatchString(appID) {
		return nil, accountRecord{}, ErrUnknown
	}
	p.mu.Lock()
	a, now := p.accounts[appID], p.now()
	if a != nil && now.Sub(a.read) < rereadAfter && !now.Before(a.read) {
		record := a.record
		p.mu.Unlock()
		return a, record, nil
	}
	if at, ok := p.unknown[appID]; ok && now.Sub(at) < rereadAfter && !now.Before(at) {
		p.mu.Unlock()
		return nil, accountRecord{}, ErrUnknown
	}
	p.mu.Unlock()
	type loaded struct {
		record accountRecord
		found  bool
	}
	got, err := flight(ctx, p, accountPrefix+appID, func(ctx context.Context) (l loaded, err error) {
		_, l.found, err = p.records.load(ctx, accountPrefix+appID, &l.record)
		return l, err
	})
	if err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if a := p.accounts[appID]; a != nil {
			return a, a.record, nil
		}
		return nil, accountRecord{}, storeTrouble(err)
	}
	if !got.found {
		p.noteUnknown(appID)
		return nil, accountRecord{}, ErrUnknown
	}
	return p.note(appID, got.record), got.record, nil
}

// noteUnknown remembers for a moment that an app id is unknown. App ids may come from
// requests, so beyond maxUnknown of them all are forgotten.
func (p *Platform) noteUnknown(appID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.unknown) >= maxUnknown {
		clear(p.unknown)
	}
	p.unknown[appID] = p.now()
	if a := p.accounts[appID]; a != nil { // the store was lost
		a.record.Connected, a.read = false, p.now()
	}
}

// note keeps what was read of an account, or written.
func (p *Platform) note(appID string, record accountRecord) *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.unknown, appID)
	a := p.accounts[appID]
	if a == nil {
		a = &instance{}
		p.accounts[appID] = a
	}
	a.record, a.read = record, p.now()
	return a
}

// Account returns the instance that logs visitors in to an account, for gates and for
// everything else of package core. It is made with the first call and is the same
// afterwards; do not close it. The error is [ErrUnknown] for an account that has never
// agreed, and core.ErrWithdrawn for one that took its consent back. What other nodes
// were told counts here within 5 s.
//
// A gate that was made with the instance goes on working after a withdrawal: visitors
// with a session stay logged in, and nobody logs in anew (a page says so). Ask Account
// per request to keep everybody out.
func (p *Platform) Account(ctx context.Context, appID string) (*core.Auth, error) {
	a, record, err := p.known(ctx, appID)
	if err != nil {
		return nil, err
	}
	if !record.Connected {
		return nil, core.ErrWithdrawn
	}
	p.mu.Lock()
	auth, closed := a.auth, p.closed
	p.mu.Unlock()
	if auth != nil || closed {
		return auth, closedError(closed)
	}
	return flight(ctx, p, "instance/"+appID, func(context.Context) (*core.Auth, error) { return p.build(a, record) })
}

func closedError(closed bool) error {
	if closed {
		return errClosed
	}
	return nil
}

// build makes an account's instance.
func (p *Platform) build(a *instance, record accountRecord) (*core.Auth, error) {
	p.mu.Lock()
	auth := a.auth
	p.mu.Unlock()
	if auth != nil {
		return auth, nil
	}
	var c core.Config
	if p.config.Settings != nil {
		if err := guarded(func() error { c = p.config.Settings(record.account()); return nil }); err != nil {
			return nil, fmt.Errorf("wechat: platform.Config.Settings: %w", err)
		}
	}
	c.AppID, c.AppSecret, c.PreviousSecrets, c.Platform, c.AccountToken, c.ClassicToken = record.AppID, "", nil, p, nil, false
	c.OpenURL, c.APIURL, c.HTTPClient = p.config.OpenURL, p.config.APIURL, p.config.HTTPClient
	if c.Logger == nil {
		c.Logger = p.config.Logger
	}
	if c.AccountName == "" {
		c.AccountName = record.Name
	}
	auth, err := core.New(c)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		auth.Close()
		return nil, errClosed
	}
	a.auth = auth
	p.mu.Unlock()
	return auth, nil
}

// Find returns what is known of an account, connected or not, within 5 s of what other
// nodes were told. The error is [ErrUnknown] for one that has never agreed.
func (p *Platform) Find(ctx context.Context, appID string) (Account, error) {
	_, record, err := p.known(ctx, appID)
	if err != nil {
		return Account{}, err
	}
	return record.account(), nil
}

// Accounts lists all accounts that have ever agreed, by app id.
func (p *Platform) Accounts(ctx context.Context) ([]Account, error) {
	names, err := p.records.list(ctx, accountPrefix)
	if err != nil {
		return nil, storeTrouble(err)
	}
	var out []Account
	for _, name := range names {
		var record accountRecord
		_, found, err := p.records.load(ctx, name, &record)
		if err != nil {
			return nil, storeTrouble(err)
		}
		if found {
			out = append(out, record.account())
		}
	}
	slices.SortFunc(out, func(a, b Account) int { return strings.Compare(a.AppID, b.AppID) })
	return out, nil
}

// ActsFor implements [core.Platform]. If neither this process nor the store knows, the
// answer is yes, and WeChat decides.
func (p *Platform) ActsFor(ctx context.Context, appID string) bool {
	_, record, err := p.known(ctx, appID)
	return err != nil && !errors.Is(err, ErrUnknown) || err == nil && record.Connected
}

// Withdrawn implements [core.Platform]. WeChat is asked once more before the account
// counts as gone: it may have agreed again a moment ago.
func (p *Platform) Withdrawn(ctx context.Context, appID string) {
	if _, record, err := p.known(ctx, appID); err != nil || !record.Connected {
		return
	}
	_, _ = flight(ctx, p, "withdrawn/"+appID, func(ctx context.Context) (struct{}, error) {
		_, err := p.refreshAccount(ctx, appID)
		return struct{}{}, err
	})
}

// withdraw marks an account as gone, as of a time, and drops its tokens. A consent that
// is newer stands.
func (p *Platform) withdraw(ctx context.Context, appID string, at time.Time) error {
	changed := false
	record, err := update(ctx, &p.records, accountPrefix+appID, func(r *accountRecord, found bool) bool {
		changed = found && r.Connected && r.Changed <= at.Unix()
		if changed {
			r.Connected, r.Refresh, r.Permissions, r.Changed = false, "", nil, at.Unix()
		}
		return changed
	})
	if err != nil {
		return err
	}
	if record.AppID != "" {
		a := p.note(appID, record)
		if changed {
			a.token.current.Store(nil)
		}
	}
	if !changed {
		return nil
	}
	_, err = update(ctx, &p.records, tokenPrefix+appID, func(t *tokenRecord, _ bool) bool { *t = tokenRecord{}; return true })
	p.config.logger().WarnContext(ctx, "wechat: an account took its consent to the platform back, nobody can log in to it", "app_id", appID)
	p.told(ctx, record.account())
	return err
}

// told calls Config.OnChange.
func (p *Platform) told(ctx context.Context, a Account) {
	if p.config.OnChange == nil {
		return
	}
	if err := guarded(func() error { return p.config.OnChange(ctx, a) }); err != nil {
		p.config.logger().ErrorContext(ctx, "wechat: platform.Config.OnChange failed", "app_id", a.AppID, "error", err)
	}
}
