package core

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// Finding is something that [Auth.Check] found to be wrong. It is an error, so that
// errors.Join and errors.As work with it. It holds no secret, token or openid, and it
// marshals to JSON without Err.
type Finding struct {
	Kind     FindingKind `json:"kind"`
	Severity Severity    `json:"severity"`
	// What is wrong, in one sentence.
	What string `json:"what"`
	// Fix is what to do, and where: settings of WeChat's console have their Chinese names.
	Fix string `json:"fix"`
	// Err is the cause; nil where there is none. A *wxapi.Error if WeChat sent one.
	Err error `json:"-"`
}

// Error is what is wrong, why where it is known, and what to do.
func (f Finding) Error() string {
	if f.Err != nil {
		return fmt.Sprintf("wechat: %s: %s (%v): %s", f.Severity, f.What, f.Err, f.Fix)
	}
	return fmt.Sprintf("wechat: %s: %s: %s", f.Severity, f.What, f.Fix)
}

// Unwrap returns Err.
func (f Finding) Unwrap() error { return f.Err }

// Severity says how bad a finding is.
type Severity string

const (
	// Failing: visitors cannot log in, or will soon not be able to.
	Failing Severity = "failing"
	// Warning: logins work, and something is unsafe or will break under load.
	Warning Severity = "warning"
)

// FindingKind names what a finding is about.
type FindingKind string

// The kinds of findings.
const (
	// SessionStoreFailed: the store of Config.Sessions does not keep what it is given.
	SessionStoreFailed FindingKind = "session_store"
	// CacheFailed: Config.Cache does not keep what it is given.
	CacheFailed FindingKind = "cache"
	// WeChatUnreachable: WeChat does not answer, or not as it should.
	WeChatUnreachable FindingKind = "wechat_unreachable"
	// NotOnIPWhitelist: WeChat refuses the address of this machine (40164, 89501, 89503,
	// 89506, 89507).
	NotOnIPWhitelist FindingKind = "ip_whitelist"
	// SecretWrong: WeChat does not know the app secret (40125, 40001).
	SecretWrong FindingKind = "secret_wrong"
	// SecretFrozen: the app secret is frozen (40243).
	SecretFrozen FindingKind = "secret_frozen"
	// AccountRefused: WeChat refuses the account for another reason.
	AccountRefused FindingKind = "account"
	// ClockWrong: this machine's clock differs from WeChat's.
	ClockWrong FindingKind = "clock"
	// PublicURLUnsafe: Config.PublicURL is http, or not set.
	PublicURLUnsafe FindingKind = "public_url"
	// SessionCookieWrong: browsers drop the session cookie, or it is not safe.
	SessionCookieWrong FindingKind = "session_cookie"
	// SessionTokensReadable: the store of Config.Sessions holds session tokens in the clear.
	SessionTokensReadable FindingKind = "session_tokens"
	// CacheMissing: Config.Sessions is shared between nodes, and there is no Config.Cache.
	CacheMissing FindingKind = "cache_missing"
	// NotWeChat: visitors log in somewhere else than at WeChat, or need no WeChat for it.
	NotWeChat FindingKind = "not_wechat"
	// SecretsDiffer: another node of the site has another app secret.
	SecretsDiffer FindingKind = "secrets_differ"
)

// checkTimeout bounds Check as a whole.
const checkTimeout = 15 * time.Second

// Check finds out whether this instance can log visitors in: it writes, reads and deletes a
// value in the stores, asks WeChat for a token, compares clocks with WeChat, and looks at
// settings. It returns what is wrong, failures first, and nil if all is well.
//
// Call it when the app starts and from a health check that only operators can reach: each
// call costs a call to WeChat and up to ten commands in each store. It ends after 15 s, or
// when ctx does; what could not be found out by then is a finding.
//
//	for _, f := range auth.Check(ctx) {
//		log.Print(f) // what is wrong, and what to do in which place of WeChat's console
//	}
func (a *Auth) Check(ctx context.Context) []Finding {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	var failing, warnings []Finding
	for _, check := range []func(context.Context) []Finding{a.checkStores, a.checkSecrets, a.checkWeChat, a.checkSettings} {
		for _, f := range check(ctx) {
			if f.Severity == Failing {
				failing = append(failing, f)
			} else {
				warnings = append(warnings, f)
			}
		}
	}
	return append(failing, warnings...)
}

// checkStores writes, reads and deletes.
func (a *Auth) checkStores(ctx context.Context) (found []Finding) {
	name, value := vault.Key("check", rand.Text()), rand.Text()
	if err := a.sessions.CheckStore(ctx, name, value); err != nil {
		found = append(found, Finding{SessionStoreFailed, Failing, "the store of Config.Sessions does not work",
			"look at the store (Redis: is it up, full, read-only, or reached with the wrong password?); until then visitors read the \"unavailable\" page", err})
	}
	if err := a.checkCache(ctx, name, value); err != nil {
		found = append(found, Finding{CacheFailed, Warning, "Config.Cache does not work",
			"look at the store (Redis: is it up, full, read-only, or reached with the wrong password?); until then each node works as if it had no cache", err})
	}
	return found
}

func (a *Auth) checkCache(ctx context.Context, name, value string) error {
	cache := a.config.Cache
	if cache == nil {
		return nil
	}
	if err := vault.Commit(ctx, cache, name, []byte(value), time.Now().Add(time.Minute)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	switch got, found, err := vault.Find(ctx, cache, name); {
	case err != nil:
		return fmt.Errorf("read: %w", err)
	case !found || string(got) != value:
		return errors.New("read: what was written is not there")
	}
	if err := vault.Remove(ctx, cache, name); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	if _, found, err := vault.Find(ctx, cache, name); err == nil && found {
		return errors.New("delete: what was deleted is still there")
	}
	return nil
}

// markerLife is how long the marker of a node's secret is kept.
const markerLife = 10 * time.Minute

// checkSecrets looks for a marker that a node with another app secret has sealed, and
// leaves its own where there is none. Sessions in this process's memory have no other
// nodes.
func (a *Auth) checkSecrets(ctx context.Context) []Finding {
	if a.sessions.InProcess() {
		return nil
	}
	name := vault.Key("secret marker", a.config.AppID)
	marker, found, err := a.sessions.Value(ctx, name)
	if err != nil {
		return nil // checkStores tells of it
	}
	if _, own := a.marker.Open(name, marker); found && !own {
		return []Finding{{SecretsDiffer, Failing, "another node of this site has another app secret",
			"give all nodes the same Config.AppSecret, and the former one as PreviousSecrets for an hour after a reset; this finding goes away within 10 minutes", nil}}
	}
	_ = a.sessions.PutValue(ctx, name, a.marker.Close(name, nil), markerLife)
	return nil
}

// checkWeChat asks for a token and compares clocks.
func (a *Auth) checkWeChat(ctx context.Context) (found []Finding) {
	date, err := a.token.Probe(ctx)
	if err != nil {
		found = append(found, findingOf(err, cmp.Or(a.config.APIURL, "https://api.weixin.qq.com")))
	}
	if !date.IsZero() {
		found = append(found, clockFinding(a.now().Sub(date))...)
	}
	return found
}

const (
	// clockWarning is well below the skew that proof accepts between nodes, 2 minutes:
	// another node may be wrong in the other direction.
	clockWarning = 30 * time.Second
	clockFailing = 2 * time.Minute
)

func clockFinding(ahead time.Duration) []Finding {
	apart, direction := ahead, "ahead of"
	if ahead < 0 {
		apart, direction = -ahead, "behind"
	}
	if apart < clockWarning {
		return nil
	}
	f := Finding{ClockWrong, Warning, fmt.Sprintf("this machine's clock is %s %s WeChat's", apart.Round(time.Second), direction),
		"let the machine keep its time (chrony, systemd-timesyncd); with more than 2 minutes between two nodes logins begin anew, and messages pushed by WeChat are refused from 5 minutes on", nil}
	if apart >= clockFailing {
		f.Severity = Failing
	}
	return []Finding{f}
}

// findingOf tells what an error about the account's token means, which was asked for at
// address.
func findingOf(err error, address string) Finding {
	const where = " on 微信开发者平台 (WeChat developer platform, developers.weixin.qq.com) under 基础信息 (basic information) > 开发密钥 (development keys); in the older console (mp.weixin.qq.com) under 设置与开发 (settings and development) > 基本配置 (basic configuration)"
	f := Finding{WeChatUnreachable, Failing, "WeChat could not be asked for a token", "look at the error, and whether this machine reaches WeChat (" + address + ")", err}
	var wx *wxapi.Error
	if !errors.As(err, &wx) {
		return f
	}
	f.What = fmt.Sprintf("WeChat refuses to hand out a token (errcode %d)", wx.Code)
	switch wx.Code {
	case 40164, 89501, 89503, 89506, 89507:
		f.Kind, f.What = NotOnIPWhitelist, f.What+", because the address of this machine is not on the IP whitelist"
		f.Fix = "add the public address of this machine, which WeChat's message names, to the IP白名单 (IP whitelist)" + where
	case 40125, 40001:
		f.Kind, f.What = SecretWrong, f.What+", because it does not know this app secret"
		f.Fix = "set Config.AppSecret to the AppSecret shown" + where + "; a reset there ends the former one at once"
	case 40243:
		f.Kind, f.What = SecretFrozen, f.What+", because the app secret is frozen"
		f.Fix = "unfreeze (解冻) the AppSecret" + where + ", and wait 10 minutes"
	default:
		if advice := wx.Advice(); advice != "" {
			f.Kind, f.Fix = AccountRefused, advice
		}
	}
	return f
}
