package wxapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	defaultOpenURL = "https://open.weixin.qq.com"
	defaultAPIURL  = "https://api.weixin.qq.com"

	// An exchange has been seen to take 15 s. But the visitor sees a blank page
	// meanwhile, and after 5 s a retry helps more often than waiting.
	defaultTimeout = 5 * time.Second
)

// Config configures a [Client]. AppID and AppSecret are required; the zero value
// of every other field is a working default.
//
// A Config masks its secret in fmt, encoding/json and log/slog, and refuses
// encoding/gob. It cannot mask it in an unexported struct field of type Config:
// fmt reads such fields without calling their methods.
type Config struct {
	// AppID is the account's id, "wx" and 16 hex digits (snsAccessToken).
	AppID string

	// AppSecret is the account's secret, 32 hex digits. WeChat accepts it in the
	// query string only (snsAccessToken), and answers 40125 to a wrong one.
	AppSecret string

	// Delegation, if set, makes a third-party platform call for the account. Then
	// AppSecret is no secret of WeChat's and is never sent: it only seals what
	// [AccountTokenConfig.Cache] keeps. The account's own token comes from
	// [AccountTokenConfig.Source], which is required. Default nil.
	Delegation *Delegation

	// OpenURL is where visitors are sent to log in; default
	// https://open.weixin.qq.com. Trailing slashes are ignored.
	OpenURL string

	// APIURL is where the API is called; default https://api.weixin.qq.com.
	// Trailing slashes are ignored. The secret is sent to this address, in clear
	// text if it begins with http://. Use that only for a simulator on the same
	// machine or network.
	APIURL string

	// HTTPClient makes the calls. It is copied, and the copy never follows a
	// redirect, which would send the URL with the secret as Referer. nil means a
	// client of the Client's own: 2 s to connect, 3 s to the response header,
	// HTTP/1.1, proxy from the environment, no redirects. Either way a connection
	// is used for one call only.
	//
	// Only a client of the Client's own, without a proxy, opens connections ahead
	// (see [Client.DialAhead]). Otherwise every call connects first, which takes two
	// round trips more with TLS 1.3.
	//
	// A transport that traces or logs requests sees URLs with the app secret and
	// the code. Wrap it with [RedactTransport].
	HTTPClient *http.Client

	// Timeout limits one call, from dialling to the last byte of the reply;
	// default 5 s.
	Timeout time.Duration

	// OnCall is called after each call to WeChat, in the goroutine that made it, with
	// the call's context. It must not block or panic. Default nil.
	OnCall func(context.Context, Call)
}

// The usual mistake is a line end behind a secret that was read from a file.
// WeChat would answer 40125, as to a wrong secret.
var credentialShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// withDefaults returns cfg with its defaults, or everything that is wrong with it.
func (cfg Config) withDefaults() (Config, error) {
	var errs []error
	if err := checkCredentials(cfg.AppID, cfg.AppSecret); err != nil {
		errs = append(errs, err)
	}

	if d := cfg.Delegation; d != nil {
		if !credentialShape.MatchString(d.AppID) {
			errs = append(errs, errors.New("wechat: Delegation.AppID is missing, or has characters that WeChat never uses"))
		}
		if d.Token == nil {
			errs = append(errs, errors.New("wechat: Delegation.Token is missing"))
		}
	}

	base := func(name, value, fallback string) string {
		if value == "" {
			return fallback
		}
		if err := checkBase(value); err != nil {
			errs = append(errs, fmt.Errorf("wechat: %s %w", name, err))
		}
		return strings.TrimRight(value, "/")
	}
	cfg.OpenURL = base("OpenURL", cfg.OpenURL, defaultOpenURL)
	cfg.APIURL = base("APIURL", cfg.APIURL, defaultAPIURL)

	if cfg.Timeout < 0 {
		errs = append(errs, fmt.Errorf("wechat: Timeout %v is negative", cfg.Timeout))
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	return cfg, errors.Join(errs...)
}

// checkCredentials does not quote what is wrong: it may be the secret.
func checkCredentials(appID, appSecret string) error {
	var errs []error
	credential := func(name, value string) {
		if value == "" {
			errs = append(errs, fmt.Errorf("wechat: %s is missing", name))
		} else if !credentialShape.MatchString(value) {
			errs = append(errs, fmt.Errorf("wechat: %s has characters that WeChat never uses (white space or a line end?) or is longer than 128", name))
		}
	}
	credential("AppID", appID)
	credential("AppSecret", appSecret)
	return errors.Join(errs...)
}

// checkBase does not quote the address in its error: it may hold a password.
func checkBase(value string) error {
	u, err := url.Parse(value)
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("does not begin with https:// or http://")
	case u.Hostname() == "":
		return errors.New("has no host")
	case u.User != nil:
		return errors.New("has a user name in it")
	case strings.ContainsAny(value, "?#"):
		return errors.New("has a query or a fragment")
	}
	return nil
}

// String returns the configuration, with *** for the secret.
func (cfg Config) String() string {
	return fmt.Sprintf("wxapi.Config{AppID: %q, AppSecret: %s, OpenURL: %q, APIURL: %q, Timeout: %v}",
		cfg.AppID, masked(cfg.AppSecret), cfg.OpenURL, cfg.APIURL, cfg.Timeout)
}

// GoString returns String.
func (cfg Config) GoString() string { return cfg.String() }

// Format writes String for every verb: otherwise %d and others would print the
// fields.
func (cfg Config) Format(s fmt.State, verb rune) { format(s, verb, cfg.String()) }

// LogValue returns the group AppID, AppSecret (masked), OpenURL, APIURL, Timeout.
func (cfg Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("AppID", cfg.AppID),
		slog.String("AppSecret", masked(cfg.AppSecret)),
		slog.String("OpenURL", cfg.OpenURL),
		slog.String("APIURL", cfg.APIURL),
		slog.Duration("Timeout", cfg.Timeout))
}

// MarshalJSON writes the same fields as LogValue. Its output cannot be read back
// into a working Config.
func (cfg Config) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		AppID, AppSecret, OpenURL, APIURL, Timeout string
	}{cfg.AppID, masked(cfg.AppSecret), cfg.OpenURL, cfg.APIURL, cfg.Timeout.String()})
}

// GobEncode always fails: gob would write the secret, and a masked secret would be
// read back as a broken Config.
func (cfg Config) GobEncode() ([]byte, error) {
	return nil, errors.New("wechat: a Config cannot be stored")
}
