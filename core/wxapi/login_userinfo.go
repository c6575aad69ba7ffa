package wxapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// UserInfo is a visitor's profile. The visitor chooses everything but the two
// ids: show it, escaped, and decide nothing by it.
type UserInfo struct {
	// OpenID is the open id of the request.
	OpenID string

	// UnionID is empty unless the account is bound to the Open Platform.
	UnionID string

	// Nickname has at most 256 runes, and no control characters, no line ends, no
	// U+FFFD and no marks that change the direction of the text after it. Empty if
	// the reply broke it.
	Nickname string

	// HeadImgURL is an http or https address, or empty. It stops working when the
	// visitor changes the picture.
	HeadImgURL string

	// Sex is 1 (male), 2 (female) or 0; always 0 since October 2021.
	Sex int

	// Language is as WeChat sends it, often empty; undocumented.
	Language string

	// Country, Province and City are always empty since October 2021.
	Country, Province, City string

	// Privilege lists what the visitor's carrier grants, such as chinaunicom;
	// usually nil.
	Privilege []string
}

// maxNickname is far above any name that WeChat lets a person choose, so only a
// broken or forged reply is cut. It is low enough for a session store.
const maxNickname = 256

// UserInfo reads the profile of openID with the access token of that visitor
// (snsUserInfo). lang is zh_CN, zh_TW or en; "" means zh_CN.
//
// It needs the scope snsapi_userinfo: WeChat answers 48001 to a token without it
// (and to the token of a snapshot), which is [ClassScope]. A token or open id of
// a shape that WeChat never makes gives [ErrToken] and is not sent. A reply about
// somebody else is [ErrReply].
//
// A field whose text is broken JSON is left out. The two ids are then taken only
// from the part of the reply before the broken text, so that no nickname can
// write a union id; see also [Token].UnionID.
func (c *Client) UserInfo(ctx context.Context, accessToken, openID, lang string) (*UserInfo, error) {
	if err := checkPair(accessToken, openID); err != nil {
		return nil, err
	}
	lang, err := checkLanguage(lang)
	if err != nil {
		return nil, err
	}
	r, err := c.do(ctx, call{op: "userinfo", path: "/sns/userinfo", display: true, secrets: []string{accessToken, openID}, query: []string{
		"access_token", accessToken,
		"openid", openID,
		"lang", lang,
	}})
	c.afterLoginCall(err)
	if err != nil {
		return nil, err
	}
	return r.userInfo(openID)
}

// checkLanguage returns lang or the default.
func checkLanguage(lang string) (string, error) {
	switch lang {
	case "":
		return "zh_CN", nil
	case "zh_CN", "zh_TW", "en":
		return lang, nil
	}
	return "", fmt.Errorf("wechat: lang %q is not one of zh_CN, zh_TW, en", lang)
}

// userInfo reads a reply of snsUserInfo about openID.
func (r reply) userInfo(openID string) (*UserInfo, error) {
	got, ok := r.text("openid")
	if !ok || got == "" {
		return nil, r.bad("it has no openid")
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

// imageURL returns s if it can be the src of a picture, else "". It rejects
// quoting characters, to protect templates that do not escape. WeChat's addresses
// have none of them.
func imageURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		len(s) > 2048 || strings.ContainsAny(s, " \"'<>\\`") {
		return ""
	}
	return s
}
