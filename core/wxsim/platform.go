package wxsim

import (
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// appIDPlace is what WeChat replaces by the account's AppID in the address that
// messages of a platform's accounts go to (消息与事件接收URL).
const appIDPlace = "$APPID$"

// Permission sets (权限集) that the simulator looks at. WeChat numbers them.
const (
	// PermissionWebPage (网页服务权限) is needed for logins on web pages.
	PermissionWebPage = 4
	// PermissionMessages (消息管理权限) is granted beside it by default.
	PermissionMessages = 1
	// PermissionUsers (用户管理权限) is granted beside it by default.
	PermissionUsers = 2
)

// Platform is a third-party platform (第三方平台) that acts for accounts: it logs
// visitors in to them without their AppSecret, once their administrators have
// agreed on its consent page. The accounts are those of Config.Accounts.
type Platform struct {
	// AppID is the platform's own id (component_appid). Required, and no
	// account's.
	AppID string

	// Secret is the platform's own (component_appsecret). Required, and made up.
	Secret string

	// Domain is where visitors may be sent back to (公众号开发域名): a host without
	// scheme, port or path. Required. The accounts' own domains do not count for
	// a login through the platform.
	Domain string

	// MoreDomains are further hosts of that kind. Default none.
	MoreDomains []string

	// StartDomain is the host of the pages that link to the consent page
	// (授权发起页域名). The consent page must be reached by a click on such a
	// page, and leads back to the same host. "": both are not checked.
	StartDomain string

	// Token signs what is pushed (消息校验Token): 3 to 32 letters and digits.
	// EncodingAESKey (消息加解密Key), 43 letters and digits, encrypts it: a
	// platform has no plain mode. Both required.
	Token, EncodingAESKey string

	// EventURL is where tickets and events are pushed (授权事件接收URL).
	// "": none are. [Sim.SetPlatformURLs] sets it later.
	EventURL string

	// MessageURL is where the messages of all connected accounts are pushed
	// (消息与事件接收URL), with "$APPID$" where the account's AppID stands. While
	// an account is connected, its own PushURL gets nothing. "": none are.
	MessageURL string

	// TicketEvery makes the server of [Start] push a ticket that often, in real
	// time; WeChat does so about every 10 minutes. 0: only when asked, see
	// [Sim.PushTicket].
	TicketEvery time.Duration

	// Connected are AppIDs of accounts that have agreed before the simulator
	// starts. Nothing is pushed about them. Default none.
	Connected []string

	// IPs is the platform's IP whitelist: calls from elsewhere answer 61004. nil:
	// every address may call. [Sim.SetPlatformIPs] sets it later.
	IPs []string

	// Name is what the consent page calls the platform. "": Domain.
	Name string
}

// complete fills in the defaults and copies what the caller could still change.
func (p Platform) complete() Platform {
	if p.Name == "" {
		p.Name = p.Domain
	}
	p.MoreDomains = slices.Clone(p.MoreDomains)
	p.Connected = slices.Clone(p.Connected)
	p.IPs = slices.Clone(p.IPs)
	return p
}

// validate passes everything wrong with p to add, each beginning with the name of
// a field. accounts says of each AppID whether it is a website application.
func (p Platform) validate(accounts map[string]bool, add func(format string, args ...any)) {
	if !isID(p.AppID) {
		add("AppID must be 1 to 64 of A-Z a-z 0-9 _ -")
	}
	if _, taken := accounts[p.AppID]; taken {
		add("AppID %s is an account's", p.AppID)
	}
	if p.Secret == "" {
		add("Secret is empty")
	}
	for _, host := range append([]string{p.Domain}, p.MoreDomains...) {
		if !isHost(host) {
			add("Domain %q must be a host without scheme, port or path", host)
		}
	}
	if p.StartDomain != "" && !isHost(p.StartDomain) {
		add("StartDomain %q must be a host without scheme, port or path", p.StartDomain)
	}
	if _, err := newPushAddress("http://platform", p.Token, p.EncodingAESKey); err != nil || p.EncodingAESKey == "" {
		add("Token must be 3 to 32 letters and digits, and EncodingAESKey 43")
	}
	for name, address := range map[string]string{"EventURL": p.EventURL, "MessageURL": p.MessageURL} {
		if !isPlatformURL(address) {
			add("%s must be a whole http(s) address without user or fragment", name)
		}
	}
	if p.TicketEvery < 0 {
		add("TicketEvery is negative")
	}
	for _, appID := range p.Connected {
		if website, known := accounts[appID]; !known || website {
			add("Connected: %q is no account of Accounts that a platform can act for", appID)
		}
	}
	if _, err := parseIPs(p.IPs); err != nil {
		add("IPs: %s", err)
	}
}

func isPlatformURL(address string) bool {
	u, err := url.Parse(strings.ReplaceAll(address, appIDPlace, "wx"))
	return address == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && !strings.Contains(address, "#")
}

// domainsOf is an account whose registered domains are the platform's, for the
// check of a redirect_uri.
func (p Platform) domainsOf(a Account) Account {
	a.Domain, a.MoreDomains = p.Domain, p.MoreDomains
	return a
}

// platformState is what changes of one platform. Sim.mu guards it.
type platformState struct {
	eventURL, messageURL string
	mode                 PlatformMode
	ips                  []netip.Prefix
	tickets              []issuedTicket // newest last
	token                *componentToken
	older                *componentToken
	preAuth              *boundedMap[bool]
	authCodes            *boundedMap[*authCode]
	connected            map[string]*connection // by AppID of the account
}

type issuedTicket struct {
	text string
	at   time.Time
}

// componentToken is a component_access_token.
type componentToken struct {
	text     string
	expires  time.Time
	replaced time.Time // when a newer token takes its place; zero: never
}

// authCode is an authorization_code: what an administrator's consent gives.
type authCode struct {
	appID       string
	permissions []int
	used        bool
}

// connection is an account that has agreed.
type connection struct {
	refresh     string
	since       time.Time
	permissions []int
	token       *accountToken // the latest authorizer_access_token
}

func newPlatformState(p Platform, now time.Time, random *random) *platformState {
	b := &platformState{eventURL: p.EventURL, messageURL: p.MessageURL,
		preAuth: newBoundedMap[bool](maxPending), authCodes: newBoundedMap[*authCode](maxPending),
		connected: map[string]*connection{}}
	b.ips, _ = parseIPs(p.IPs)
	for _, appID := range p.Connected {
		b.connected[appID] = &connection{refresh: random.authorizerRefresh(), since: now, permissions: defaultPermissions()}
	}
	return b
}

func defaultPermissions() []int {
	return []int{PermissionMessages, PermissionUsers, PermissionWebPage}
}

// platformOf is the platform that an account is connected to, or "". With several
// it is the first by AppID.
func (s *Sim) platformOf(appID string) string {
	for _, id := range slices.Sorted(maps.Keys(s.platformStates)) {
		if _, ok := s.platformStates[id].connected[appID]; ok {
			return id
		}
	}
	return ""
}
