package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Defaults of the limits in [Config].
const (
	// WeChat was answered long before, so a hook may take its time, but one that hangs
	// must not hold up the next message of the same person for ever.
	defaultHookTimeout = 10 * time.Second
	// 64 MiB at most, as no message is larger than 64 KiB.
	defaultMaxWaiting = 1024
)

// Config says how messages from WeChat are checked and which hook gets them. Token
// and EncodingAESKey are those of the console's 服务器配置.
//
// Hooks run after WeChat was answered: one after the other for each person, in
// parallel for different people. A hook that panics harms nothing else. WeChat sends
// a message again when the answer comes late; the hook is called once all the same.
// An error of a hook is logged, and WeChat does not send the message again.
//
// A Config prints without Token and key. Residual risk: fmt cannot ask a value in an
// unexported field of another struct how to print itself, and shows all of it.
type Config struct {
	// Token is the console's Token (令牌), which signs every message. Required: with
	// an empty one anybody could sign.
	Token string

	// EncodingAESKey is the console's (消息加解密密钥), 43 characters. With it, only
	// messages in 安全模式 or 兼容模式 are accepted, and only their encrypted part is
	// read. Default "": 明文模式. WeChat's signature then covers time and nonce, but not
	// the message: whoever reads one query of WeChat's, in an access log say, can forge
	// messages. Use the key, or serve this address over https only and log no queries.
	EncodingAESKey string

	// OnFollow and OnUnfollow are called when a person follows or unfollows the
	// account. core.MustFollow knows it before that. OnFollow is the place to register
	// a user before the first visit, for example with core.Auth.Follower.
	OnFollow   func(context.Context, FollowEvent) error
	OnUnfollow func(context.Context, UnfollowEvent) error

	// OnScan is called when a follower scans one of the account's QR codes with a
	// parameter (带参数二维码).
	OnScan func(context.Context, ScanEvent) error

	// OnMessage is called with every message and event that no other hook is set for.
	// An answer to the visitor (被动回复) is not possible; the customer service API can
	// send one.
	OnMessage func(context.Context, Message) error

	// HookTimeout is how long the context of one hook call lives. Default 10 s.
	HookTimeout time.Duration

	// MaxWaiting is how many messages may wait for their hooks, those of all handlers
	// of this account together. Beyond it the answer is 503, so that WeChat sends the
	// message again. Default 1,024. Of one person's messages 32 may wait, so that one
	// person cannot keep the others out.
	MaxWaiting int
}

// check reports everything wrong at once, without a value of the settings.
func (c *Config) check() error {
	var errs []error
	switch {
	case c.Token == "":
		errs = append(errs, errors.New("wechat: push.Config.Token is missing: set it to the Token of the console's 服务器配置"))
	case !isPrintable(c.Token):
		errs = append(errs, errors.New("wechat: push.Config.Token has a blank, a line end or another character that the console does not allow: copy its letters and digits only"))
	}
	if c.HookTimeout < 0 {
		errs = append(errs, errors.New("wechat: push.Config.HookTimeout is negative: leave it out for 10 s"))
	}
	if c.MaxWaiting < 0 {
		errs = append(errs, errors.New("wechat: push.Config.MaxWaiting is negative: leave it out for 1,024"))
	}
	if c.HookTimeout == 0 {
		c.HookTimeout = defaultHookTimeout
	}
	if c.MaxWaiting == 0 {
		c.MaxWaiting = defaultMaxWaiting
	}
	return errors.Join(errs...)
}

// isPrintable holds for ASCII without blanks and control characters: a Token copied
// with a line end or a byte order mark would refuse every message.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// String shows neither Token nor EncodingAESKey.
func (c Config) String() string { return "push.Config{Token: ***, EncodingAESKey: ***}" }

// GoString is String.
func (c Config) GoString() string { return c.String() }

// Format writes String for every verb.
func (c Config) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// LogValue is String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText writes String, so that encoding/json, encoding/xml and others do.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MarshalJSON writes String.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// GobEncode always fails: gob would write Token and EncodingAESKey.
func (c Config) GobEncode() ([]byte, error) {
	return nil, errors.New("wechat: a push.Config is not for storing")
}
