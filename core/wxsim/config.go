package wxsim

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Refusal is what happens when a person refuses on the consent page.
type Refusal int

const (
	// RefuseSilently sends nothing back: WeChat closes the page and the
	// application is not told. WeChat does this today.
	RefuseSilently Refusal = iota

	// RefuseStateOnly redirects with state and without code. WeChat documents
	// this for third-party platforms (代公众号发起网页授权), and older pages for
	// website applications.
	RefuseStateOnly

	// RefuseAuthdeny redirects with code=authdeny. WeChat did this until about
	// 2016.
	RefuseAuthdeny
)

// Config says what to simulate. Only Accounts is required.
type Config struct {
	// Accounts are the known accounts, at least one, each AppID once.
	Accounts []Account

	// People are those who can log in, each ID once. A browser that has not
	// chosen a person is the first one. nil: [DefaultPeople].
	People []Person

	// Platforms are third-party platforms (第三方平台) that act for accounts, each
	// AppID once. Default none.
	Platforms []Platform

	// AnyBrowser takes every browser for WeChat's. Default false: a User-Agent
	// without MicroMessenger, or with wxwork (WeCom, 企业微信, whose codes go
	// elsewhere), gets WeChat's page 请在微信客户端打开链接.
	AnyBrowser bool

	// AnyOrder accepts the parameters of the authorisation link in any order,
	// and unknown ones, from the desktop client as well. Default false: phones
	// and ordinary browsers may send any order, as reports say, and the desktop
	// client (WindowsWechat, MacWechat) gets an error page unless the order is
	// the documented one ("微信会对授权链接做正则强匹配校验"). A link out of order that is
	// accepted is marked by the response header X-Wxsim-Warning.
	AnyOrder bool

	// StrictPort refuses every port in redirect_uri with page 10003, as for
	// production accounts. Default false: ports are ignored, as for sandbox
	// accounts (公众平台测试号).
	StrictPort bool

	// Refusal is the shape of a refusal made with the page's Refuse button.
	// Default RefuseSilently. The page offers the other two as well.
	Refusal Refusal

	// RememberConsent is how long a consent lets later requests of the same
	// person for the same account pass without a page (近期登录过免授权), unless
	// the link says forcePopup=true. WeChat does not publish its time. Default
	// 0: every snsapi_userinfo asks.
	RememberConsent time.Duration

	// JSONContentType answers the endpoints of /cgi-bin with "application/json;
	// encoding=utf-8", which stable_token has been seen to send. Default false:
	// text/plain, as the endpoints of /sns do.
	JSONContentType bool

	// Hosts are further host names, without port, under which the simulator's page
	// and the control API may be opened. localhost, IP addresses, names without a dot,
	// WeChat's own hosts and those reserved for tests (.test, .local, .internal,
	// example.com) need not be named. Any other name is refused with 403, because a
	// page of another site could make it lead here (DNS rebinding). The endpoints of
	// WeChat take every name. Default none.
	Hosts []string

	// ShowSecrets shows the accounts' secrets on the simulator's page, where people copy
	// them. Everybody who opens the page reads them, so they must be made up. Default
	// false: no page shows a secret. The timeline never does.
	ShowSecrets bool

	// Now is the clock of every lifetime, called from several goroutines.
	// nil: time.Now. [Sim.Advance] moves it.
	Now func() time.Time

	// Seed makes codes, tokens, tickets and request ids repeat: simulators with the
	// same Seed give the same ones for the same calls in the same order. Calls that
	// run at the same time share one sequence, so which of them gets which value is
	// open. Request ids also hold the time of Now. An application that has remembered
	// the codes of an earlier simulator takes those of the next one with the same Seed
	// for used ones: give it a fresh store. Whoever knows the Seed can compute every
	// code. Default 0: unguessable values, different in every simulator.
	Seed uint64

	// Transport carries what the simulator itself sends: pushes, and the
	// callbacks it delivers a second time. nil: the network, without keep-alive.
	Transport http.RoundTripper

	// Logger gets one record per call, without secrets, codes, states or
	// tokens: at level Warn where something went wrong, with the reason, and at
	// level Debug for pictures, polls and the simulator's own page. nil: nothing
	// is logged.
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
		a.validate(func(format string, args ...any) { add("Accounts[%d]."+format, append([]any{i}, args...)...) })
		if apps[a.AppID] && isID(a.AppID) {
			add("Accounts[%d].AppID %s is there twice", i, a.AppID)
		}
		apps[a.AppID] = true
	}
	websites := map[string]bool{}
	for _, a := range c.Accounts {
		websites[a.AppID] = a.Website
	}
	for i, p := range c.Platforms {
		p.validate(websites, func(format string, args ...any) { add("Platforms[%d]."+format, append([]any{i}, args...)...) })
		if apps[p.AppID] {
			add("Platforms[%d].AppID %s is there twice", i, p.AppID)
		}
		apps[p.AppID] = true
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
	for i, host := range c.Hosts {
		if !isHost(host) {
			add("Hosts[%d] %q must be a host without scheme, port or path", i, host)
		}
	}
	if c.Refusal < RefuseSilently || c.Refusal > RefuseAuthdeny {
		add("Refusal %d is not one of the constants", int(c.Refusal))
	}
	if c.RememberConsent < 0 {
		add("RememberConsent is negative")
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
