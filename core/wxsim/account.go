package wxsim

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"slices"
)

// Account is an application that the simulator knows: an Official Account
// (公众号, 服务号), or a website application (网站应用) when Website is set.
type Account struct {
	// AppID is the account's id, letters, digits, "_" and "-" only. Real ones
	// are "wx" and 16 hex digits. Required.
	AppID string

	// Secret is the AppSecret that the simulator expects in the code exchange.
	// Required, and made up: a real one has no place here.
	Secret string

	// Domain is the registered web authorisation domain (网页授权域名), or a
	// website application's callback domain (授权回调域): a host without scheme,
	// port or path. It is compared as a whole and without regard to case, so
	// www.example.com covers neither example.com nor pay.example.com
	// (developers.weixin.qq.com, 网页授权, "关于网页授权回调域名"). Required.
	Domain string

	// MoreDomains are further registered domains. Default none.
	MoreDomains []string

	// Website makes the account a website application: it logs in by scan
	// (/connect/qrconnect, scope snsapi_login), its codes live ten minutes, and
	// it has no followers, messages or tickets. Default false.
	Website bool

	// Sandbox makes the account a test account (公众平台测试号): people who do not
	// follow it get page 10006 instead of a login. Default false.
	Sandbox bool

	// NoUnionID makes the account one that is bound to no Open Platform
	// account. WeChat leaves unionid out of every reply for those. Default
	// false: unionid is sent where WeChat sends it.
	NoUnionID bool

	// Name is what the pages call the account. "": Domain.
	Name string

	// EnglishName is what the English pages call the account. "": Name.
	EnglishName string

	// OriginalID is the account's original id (原始ID), to which pushed messages
	// are addressed. "": "gh_" and 12 hex digits that depend on AppID alone.
	OriginalID string

	// AppURL is where the application is, an http(s) address: the simulator's page
	// links to it and shows it as a QR code. "": the root of the redirect_uri that was
	// seen last, or else http://DOMAIN/.
	AppURL string

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
	// before it answers 45009. 0 allows no call. A path that is not named has
	// WeChat's own limit: 2000 for PathToken, 500 000 for PathStableToken,
	// 5 000 000 for PathFollower. The others have none
	// (接口调用频次限制说明 lists none).
	Quotas map[string]int

	// MinuteQuotas is how many calls a minute an endpoint takes before it
	// answers 45011. 0 allows no call. A path that is not named has WeChat's
	// own limit: 50 000 for /sns/oauth2/access_token, /sns/oauth2/refresh_token
	// and /sns/userinfo, 10 000 for PathStableToken. The others have none.
	MinuteQuotas map[string]int

	// IPs is the account's IP whitelist (IP白名单): addresses and CIDR blocks.
	// Calls of /cgi-bin from elsewhere answer 40164. The endpoints of /sns do
	// not look at it: no report of a 40164 from them is known. nil: every
	// address may call. [Sim.SetIPs] sets it later.
	IPs []string
}

// complete fills in the defaults and copies what the caller could still change.
func (a Account) complete() Account {
	if a.Name == "" {
		a.Name = a.Domain
	}
	if a.OriginalID == "" {
		sum := sha256.Sum256([]byte("original id " + a.AppID))
		a.OriginalID = "gh_" + hex.EncodeToString(sum[:6])
	}
	a.MoreDomains = slices.Clone(a.MoreDomains)
	a.Quotas = maps.Clone(a.Quotas)
	a.MinuteQuotas = maps.Clone(a.MinuteQuotas)
	a.IPs = slices.Clone(a.IPs)
	return a
}

// nameIn is what pages in a language call the account.
func (a Account) nameIn(lang string) string {
	return tr(lang, a.Name, cmp.Or(a.EnglishName, a.Name))
}

// domains are all registered domains.
func (a Account) domains() []string { return append([]string{a.Domain}, a.MoreDomains...) }

// validate passes everything wrong with a to add, each beginning with the name
// of a field.
func (a Account) validate(add func(format string, args ...any)) {
	if !isID(a.AppID) {
		add("AppID must be 1 to 64 of A-Z a-z 0-9 _ -")
	}
	if a.Secret == "" {
		add("Secret is empty")
	}
	if !isHost(a.Domain) {
		add("Domain %q must be a host without scheme, port or path", a.Domain)
	}
	for i, domain := range a.MoreDomains {
		if !isHost(domain) {
			add("MoreDomains[%d] %q must be a host without scheme, port or path", i, domain)
		}
	}
	if a.AppURL != "" && !isPageAddress(a.AppURL) {
		add("AppURL must be a whole http(s) address")
	}
	if a.OriginalID != "" && !isID(a.OriginalID) {
		add("OriginalID must be 1 to 64 of A-Z a-z 0-9 _ -")
	}
	if _, err := newPushAddress(a.PushURL, a.PushToken, a.EncodingAESKey); err != nil {
		add("%s", err)
	}
	if a.Website && a.PushURL != "" {
		add("PushURL: a website application gets no messages")
	}
	for path, limit := range a.Quotas {
		if !hasDayQuota(path) || limit < 0 {
			add("Quotas: %q: %d is no limit of an endpoint of /cgi-bin", path, limit)
		}
	}
	for path, limit := range a.MinuteQuotas {
		if !hasMinuteQuota(path) || limit < 0 {
			add("MinuteQuotas: %q: %d is no limit of an endpoint of /sns or /cgi-bin", path, limit)
		}
	}
	if _, err := parseIPs(a.IPs); err != nil {
		add("IPs: %s", err)
	}
}

// parseIPs reads an IP whitelist.
func parseIPs(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range list {
		if address, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		block, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a CIDR block", text)
		}
		out = append(out, block)
	}
	return out, nil
}
