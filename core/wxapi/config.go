package wxapi

import (
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

	// An exchange has been seen to take 15 s, but a visitor looks at a blank
	// page meanwhile: past 5 s a retry helps more often than patience.
	defaultTimeout = 5 * time.Second
)

// Config is what a [Client] is made of. AppID and AppSecret are required, the
// zero value of everything else is a working default.
//
// A Config masks its secret in fmt, encoding/json and log/slog, and refuses
// encoding/gob. An unexported struct field of type Config is beyond that: fmt
// reads such fields without calling their methods.
type Config struct {
	// AppID is the account's id, "wx" and 16 hex digits (snsAccessToken).
	AppID string

	// AppSecret is the account's secret, 32 hex digits. WeChat takes it in
	// the query string only (snsAccessToken), and answers a wrong one with
	// errcode 40125.
	AppSecret string

	// OpenURL is where visitors are sent to log in; default
	// https://open.weixin.qq.com. Trailing slashes do not matter.
	OpenURL string

	// APIURL is where the API is called; default https://api.weixin.qq.com.
	// Trailing slashes do not matter. The secret travels to this address, in
	// clear text if it begins with http, so that is for simulators on the own
	// machine or network.
	APIURL string

	// HTTPClient makes the calls. It is copied, and the copy never follows a
	// redirect: the URL with the secret would travel as Referer. nil means a
	// client of the Client's own: 2 s to connect, 3 s to the response header,
	// HTTP/1.1, proxy from the environment, no redirects. Either way a
	// connection is used for one call only.
	HTTPClient *http.Client

	// Timeout bounds one try from dialling to the last byte of the body;
	// default 5 s.
	Timeout time.Duration
}

// A line end after a secret read from a file is the usual mistake here; WeChat
// would answer it 40125, which reads as a wrong secret.
var credentialShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// withDefaults returns cfg completed, or everything that is wrong with it.
func (cfg Config) withDefaults() (Config, error) {
	var errs []error
	credential := func(name, value string) {
		if value == "" {
			errs = append(errs, fmt.Errorf("wechat: %s is missing", name))
		} else if !credentialShape.MatchString(value) {
			errs = append(errs, fmt.Errorf("wechat: %s has characters WeChat's never have (white space, a line end?) or more than 128 of them", name))
		}
	}
	credential("AppID", cfg.AppID)
	credential("AppSecret", cfg.AppSecret)

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

// checkBase does not quote the address: it may hold a password.
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

// String describes the configuration, with *** for the secret.
func (cfg Config) String() string {
	return fmt.Sprintf("wxapi.Config{AppID: %q, AppSecret: %s, OpenURL: %q, APIURL: %q, Timeout: %v}",
		cfg.AppID, masked(cfg.AppSecret), cfg.OpenURL, cfg.APIURL, cfg.Timeout)
}

// GoString is String.
func (cfg Config) GoString() string { return cfg.String() }

// Format writes String for every verb: %d and its like would otherwise print
// the fields.
func (cfg Config) Format(s fmt.State, verb rune) { format(s, verb, cfg.String()) }

// LogValue is the group AppID, AppSecret (masked), OpenURL, APIURL, Timeout.
func (cfg Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("AppID", cfg.AppID),
		slog.String("AppSecret", masked(cfg.AppSecret)),
		slog.String("OpenURL", cfg.OpenURL),
		slog.String("APIURL", cfg.APIURL),
		slog.Duration("Timeout", cfg.Timeout))
}

// MarshalJSON writes the same fields as LogValue. What it writes cannot be
// read back into a working Config.
func (cfg Config) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		AppID, AppSecret, OpenURL, APIURL, Timeout string
	}{cfg.AppID, masked(cfg.AppSecret), cfg.OpenURL, cfg.APIURL, cfg.Timeout.String()})
}

// GobEncode always fails: gob would write the secret, and a masked one would
// come back as a broken Config.
func (cfg Config) GobEncode() ([]byte, error) {
	return nil, errors.New("wechat: a Config is not for storing")
}
