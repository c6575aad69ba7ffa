package wxsim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"strings"
	"time"
)

// Account is an Official Account the simulator knows.
type Account struct {
	// AppID is the account's id, letters, digits, "_" and "-" only. Real ones
	// are "wx" and 16 hex digits; required.
	AppID string

	// Secret is the account's AppSecret as the simulator expects it in the
	// code exchange. Required, and made up: a real one has no place here.
	Secret string

	// Domain is the registered web authorisation domain (网页授权域名): a host
	// without scheme, port or path. It is compared as a whole and without
	// regard to case, so www.example.com covers neither example.com nor
	// pay.example.com (developers.weixin.qq.com, 网页授权, "关于网页授权回调域名").
	// Required.
	Domain string

	// NoUnionID makes the account one that is bound to no Open Platform
	// account; WeChat leaves unionid out of every reply for those. Default
	// false: unionid is sent where WeChat sends it.
	NoUnionID bool

	// Name is what the pages call the account. "": Domain.
	Name string

	// OriginalID is the account's original id (原始ID), which pushed messages
	// are addressed to. "": one made of "gh_" and 12 hex digits that depend on
	// AppID alone.
	OriginalID string

	// PushURL is where messages and events are pushed, as configured under
	// 服务器配置: an absolute http or https address without fragment. Any port
	// will do, though WeChat knows 80 and 443 only. "": nothing is pushed.
	// [Sim.SetPush] sets it later.
	PushURL string

	// PushToken signs what is pushed (Token): 3 to 32 letters and digits.
	// Required with PushURL.
	PushToken string

	// EncodingAESKey makes every push an encrypted one (安全模式): 43 letters
	// and digits. "": plain mode (明文模式).
	EncodingAESKey string

	// Quotas is how many calls a day, by Beijing's calendar, an endpoint takes
	// before it answers 45009; 0 is none at all. A path that is not named has
	// WeChat's own limit: 2000 for PathToken, 500 000 for PathStableToken,
	// 5 000 000 for PathFollower. PathFollowers and PathTicket have none
	// (接口调用频次限制说明 lists none).
	Quotas map[string]int
}

// complete fills in what has a default.
func (a Account) complete() Account {
	if a.Name == "" {
		a.Name = a.Domain
	}
	if a.OriginalID == "" {
		sum := sha256.Sum256([]byte("original id " + a.AppID))
		a.OriginalID = "gh_" + hex.EncodeToString(sum[:6])
	}
	a.Quotas = maps.Clone(a.Quotas)
	return a
}

// Refusal is what happens when a person refuses on the consent page.
type Refusal int

const (
	// RefuseSilently sends nothing back: WeChat closes the page and the
	// application never hears of it. This is what WeChat does today.
	RefuseSilently Refusal = iota

	// RefuseStateOnly redirects with state and without code, as WeChat
	// documents it for third-party platforms (代公众号发起网页授权).
	RefuseStateOnly

	// RefuseAuthdeny redirects with code=authdeny, as WeChat did until about
	// 2016.
	RefuseAuthdeny
)

// Config says what to simulate. Only Accounts is required.
type Config struct {
	// Accounts are the known accounts, at least one, each AppID once.
	Accounts []Account

	// People are those who can log in, each ID once. The first one is whoever
	// has not chosen. nil: [DefaultPeople].
	People []Person

	// AnyBrowser takes every browser for WeChat's. Default false: a User-Agent
	// without MicroMessenger, or with wxwork (WeCom, 企业微信, whose codes go
	// elsewhere), gets WeChat's page 请在微信客户端打开链接.
	AnyBrowser bool

	// AnyOrder takes the parameters of the authorisation link in any order and
	// ignores unknown ones, as WeChat on phones mostly does. Default false: as
	// documented ("微信会对授权链接做正则强匹配校验"), which desktop WeChat enforces.
	AnyOrder bool

	// StrictPort refuses every port in redirect_uri with page 10003, as for
	// production accounts. Default false: ports are ignored, as for sandbox
	// accounts (公众平台测试号).
	StrictPort bool

	// Refusal is the shape of a refusal made with the page's Refuse button.
	// Default RefuseSilently. The page offers the other two as well.
	Refusal Refusal

	// Now is the clock of every lifetime, called from several goroutines.
	// nil: time.Now.
	Now func() time.Time

	// Logger gets one record per call, without secrets, codes, states or
	// tokens. nil: nothing is logged.
	Logger *slog.Logger

	// Addr is where Start listens, host:port, loopback only. New ignores it.
	// "": 127.0.0.1:0, any free port.
	Addr string
}

// validate reports everything wrong with c in one error.
func (c Config) validate() error {
	var wrong []string
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }

	if len(c.Accounts) == 0 {
		add("Accounts is empty, at least one is needed")
	}
	apps := map[string]bool{}
	for i, a := range c.Accounts {
		if !isID(a.AppID) {
			add("Accounts[%d].AppID must be 1 to 64 of A-Z a-z 0-9 _ -", i)
		} else if apps[a.AppID] {
			add("Accounts[%d].AppID %s is there twice", i, a.AppID)
		}
		apps[a.AppID] = true
		if a.Secret == "" {
			add("Accounts[%d].Secret is empty", i)
		}
		if !isHost(a.Domain) {
			add("Accounts[%d].Domain %q must be a host without scheme, port or path", i, a.Domain)
		}
		if a.OriginalID != "" && !isID(a.OriginalID) {
			add("Accounts[%d].OriginalID must be 1 to 64 of A-Z a-z 0-9 _ -", i)
		}
		if _, err := newPushAddress(a.PushURL, a.PushToken, a.EncodingAESKey); err != nil {
			add("Accounts[%d].%s", i, err)
		}
		for path, limit := range a.Quotas {
			if !hasQuota(path) || limit < 0 {
				add("Accounts[%d].Quotas: %q: %d is no limit of an endpoint of /cgi-bin", i, path, limit)
			}
		}
	}
	if c.People != nil && len(c.People) == 0 {
		add("People is empty, leave it nil for the default ones")
	}
	people := map[string]bool{}
	for i, p := range c.People {
		if !isID(p.ID) {
			add("People[%d].ID must be 1 to 64 of A-Z a-z 0-9 _ -", i)
		} else if people[p.ID] {
			add("People[%d].ID %s is there twice", i, p.ID)
		}
		people[p.ID] = true
		if !isAvatar(p.Avatar) {
			add("People[%d].Avatar must be empty, a path beginning with / or an http(s) URL", i)
		}
	}
	if c.Refusal < RefuseSilently || c.Refusal > RefuseAuthdeny {
		add("Refusal %d is not one of the constants", int(c.Refusal))
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("wxsim: %s", strings.Join(wrong, "; "))
}

// isID keeps ids harmless in cookies, HTML ids, URLs and logs.
func isID(s string) bool {
	return len(s) > 0 && len(s) <= 64 && strings.Trim(s, letters+"_-") == ""
}

// isHost accepts what url.URL.Hostname can return for an ASCII host.
func isHost(s string) bool {
	if s == "" {
		return false
	}
	host := s
	if strings.Count(s, ":") > 1 { // an IPv6 address; one colon would be a port
		host = "[" + s + "]"
	}
	u, err := url.Parse("http://" + host + "/")
	return err == nil && isASCII(s) && u.User == nil && u.Path == "/" && u.Hostname() == s
}

func isAvatar(s string) bool {
	if s == "" {
		return true
	}
	u, err := url.Parse(s)
	if err != nil {
		return false
	}
	if u.Scheme == "" {
		return u.Host == "" && strings.HasPrefix(s, "/")
	}
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
