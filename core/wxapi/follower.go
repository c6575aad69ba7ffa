package wxapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

const followerPath = "/cgi-bin/user/info"

// Follower is what the account may know about a visitor who follows it
// (getUserInfo). It has no nickname and no picture: WeChat has not sent them here
// since 2021-12-27; see [Client.UserInfo].
type Follower struct {
	// Subscribed says whether the visitor follows the account. If not, WeChat
	// sends only the open id.
	Subscribed bool

	// OpenID is the open id of the request.
	OpenID string

	// UnionID is empty unless the account is bound to the Open Platform and
	// the visitor follows it.
	UnionID string

	// SubscribedAt is when the visitor last began to follow; zero if WeChat left
	// it out or sent no possible time.
	SubscribedAt time.Time

	// Scene is where the visitor began to follow, such as ADD_SCENE_SEARCH or
	// ADD_SCENE_QR_CODE. WeChat adds new values.
	Scene string

	// Language is as WeChat sends it, often empty.
	Language string

	// Remark is a note by the account's staff about the visitor.
	Remark string

	// GroupID is the visitor's group of the older scheme. Tags are the ids of the
	// tags that the account gave the visitor.
	GroupID int
	Tags    []int

	// QRScene and QRSceneText are the two forms of the parameter of the QR code
	// that the visitor scanned; 0 and "" without one.
	QRScene     int
	QRSceneText string
}

// Follower asks whether openID follows the account, and since when
// (getUserInfo, /cgi-bin/user/info). lang is zh_CN, zh_TW or en; "" means zh_CN.
//
// The call is repeated once after 40001, 40014 or 42001 with a renewed token, and
// once after -1. Other errors are returned: 40003 is an open id of another
// account, 48001 an account without this permission. A reply about somebody
// else, or one without a clear yes or no, is [ErrReply]. A broken text in the
// reply, such as a remark, is left out. An open id of a shape that WeChat never
// makes is [ErrToken] and is not sent.
func (c *Client) Follower(ctx context.Context, t *AccountToken, openID, lang string) (*Follower, error) {
	lang, err := checkLanguage(lang)
	if err != nil {
		return nil, err
	}
	if !idShape.MatchString(openID) {
		return nil, fmt.Errorf("%w: open id", ErrToken)
	}
	r, err := t.doWithToken(ctx, func(token string) call {
		return call{op: "follower", path: followerPath, display: true, secrets: []string{openID}, query: []string{
			"access_token", token,
			"openid", openID,
			"lang", lang,
		}}
	})
	if err != nil {
		return nil, logFailure(t.config.Logger, "follower", err, false)
	}
	f, err := r.follower()
	if err == nil && f.OpenID != openID {
		return nil, r.bad("it is about another openid")
	}
	return f, err
}

// follower reads a reply of getUserInfo, or one entry of batchGetUserInfo.
func (r reply) follower() (*Follower, error) {
	f := &Follower{}
	var ok bool
	if f.OpenID, ok = r.text("openid"); !ok || !idShape.MatchString(f.OpenID) {
		return nil, r.bad("it names no valid openid")
	}
	// Sites grant access by this field. If it is missing or of another type, it
	// is neither a yes nor a no.
	switch string(r.fields["subscribe"]) {
	case "1", `"1"`:
		f.Subscribed = true
	case "0", `"0"`:
	default:
		return nil, r.bad("its subscribe is neither 0 nor 1")
	}
	if f.UnionID, ok = r.unionID(); !ok {
		return nil, r.bad("its unionid is not valid")
	}
	f.Scene = r.display("subscribe_scene")
	f.Language = r.display("language")
	f.Remark = r.display("remark")
	f.QRSceneText = r.display("qr_scene_str")
	f.GroupID, _ = r.number("groupid")
	f.QRScene, _ = r.number("qr_scene")
	if n, _ := r.number("subscribe_time"); n > 0 && n < 1<<33 { // below the year 2242
		f.SubscribedAt = time.Unix(int64(n), 0)
	}
	var tags []json.RawMessage
	if json.Unmarshal(r.fields["tagid_list"], &tags) == nil {
		for _, raw := range tags {
			if n, err := strconv.Atoi(string(raw)); err == nil {
				f.Tags = append(f.Tags, n)
			}
		}
	}
	return f, nil
}
