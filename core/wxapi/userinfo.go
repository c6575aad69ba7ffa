package wxapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// UserInfo is a visitor's profile. Everything but the two ids is the visitor's
// own choice: text to show, escaped, and never to decide by.
type UserInfo struct {
	// OpenID is the id that was asked for.
	OpenID string

	// UnionID is empty unless the account is bound to the Open Platform.
	UnionID string

	// Nickname holds no control characters, no line ends, no U+FFFD, and no
	// marks that turn the direction of the text after it. At most 256 runes.
	Nickname string

	// HeadImgURL is an http or https address, or empty. It dies when the
	// visitor changes the picture.
	HeadImgURL string

	// Sex is 1 (male), 2 (female) or 0; always 0 since October 2021.
	Sex int

	// Language as WeChat sends it, often empty; undocumented.
	Language string

	// Country, Province and City are always empty since October 2021.
	Country, Province, City string

	// Privilege lists what the visitor's carrier grants, such as chinaunicom;
	// nil as a rule.
	Privilege []string
}

// maxNickname is far above any name that WeChat lets a person choose, so that
// only a broken or forged reply is cut, and low enough for a session store.
const maxNickname = 256

// UserInfo reads the profile of openID with the access token of that visitor
// (snsUserInfo). lang is zh_CN, zh_TW or en, "" means zh_CN.
//
// It needs the scope snsapi_userinfo: 48001 answers a token without it (and
// the token of a snapshot). A token or open id that WeChat cannot have made
// gives [ErrToken] and is not sent. A reply about somebody else is
// [ErrReply].
func (c *Client) UserInfo(ctx context.Context, accessToken, openID, lang string) (*UserInfo, error) {
	if err := checkPair(accessToken, openID); err != nil {
		return nil, err
	}
	lang, err := language(lang)
	if err != nil {
		return nil, err
	}
	r, err := c.call(ctx, "userinfo", "/sns/userinfo", []string{accessToken, openID},
		"access_token", accessToken,
		"openid", openID,
		"lang", lang)
	if err != nil {
		return nil, err
	}
	return r.userInfo(openID)
}

// language checks a lang and fills in the default.
func language(lang string) (string, error) {
	switch lang {
	case "":
		return "zh_CN", nil
	case "zh_CN", "zh_TW", "en":
		return lang, nil
	}
	return "", fmt.Errorf("wechat: lang %q is none of zh_CN, zh_TW, en", lang)
}

// userInfo reads a reply of snsUserInfo about openID.
func (r reply) userInfo(openID string) (*UserInfo, error) {
	got, ok := r.text("openid")
	if !ok || got == "" {
		return nil, r.bad("it names no openid")
	}
	if got != openID {
		return nil, r.bad("it is about another openid")
	}
	u := &UserInfo{OpenID: openID}
	if u.UnionID, ok = r.unionID(); !ok {
		return nil, r.bad("its unionid is not valid")
	}
	u.Nickname = r.display("nickname")
	u.Language = r.display("language")
	u.Country = r.display("country")
	u.Province = r.display("province")
	u.City = r.display("city")
	if n, ok := r.number("sex"); ok && (n == 1 || n == 2) {
		u.Sex = n
	}
	if s, ok := r.text("headimgurl"); ok {
		u.HeadImgURL = imageURL(s)
	}
	var privilege []json.RawMessage
	if json.Unmarshal(r.fields["privilege"], &privilege) == nil {
		for _, raw := range privilege {
			if s, ok := asText(raw); ok && s != "" {
				u.Privilege = append(u.Privilege, cut(clean(s), maxNickname))
			}
		}
	}
	return u, nil
}

// display returns a field made fit to be shown; "" when it is not text.
func (r reply) display(key string) string {
	s, _ := r.text(key)
	return cut(clean(s), maxNickname)
}

// imageURL returns s if it can be the src of a picture, else "". The quoting
// characters are refused for the sake of templates that do not escape; WeChat
// has none of them in its addresses.
func imageURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		len(s) > 2048 || strings.ContainsAny(s, " \"'<>\\`") {
		return ""
	}
	return s
}
