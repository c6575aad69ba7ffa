package wxapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

const followerPath = "/cgi-bin/user/info"

// Follower is what the account may know of a visitor because that visitor
// follows it (getUserInfo). Nickname and picture are not among it: WeChat has
// not sent them here since 2021-12-27; see [Client.UserInfo].
type Follower struct {
	// Subscribed says whether the visitor follows the account. If not, WeChat
	// tells nothing else but the open id.
	Subscribed bool

	// OpenID is the id that was asked for.
	OpenID string

	// UnionID is empty unless the account is bound to the Open Platform and
	// the visitor follows it.
	UnionID string

	// SubscribedAt is the last time that the visitor began to follow; zero if
	// WeChat left it out or sent no sensible time.
	SubscribedAt time.Time

	// Scene is where the visitor began to follow, such as ADD_SCENE_SEARCH or
	// ADD_SCENE_QR_CODE. WeChat adds new ones.
	Scene string

	// Language as WeChat sends it, often empty.
	Language string

	// Remark is the note that the account's staff made about the visitor.
	Remark string

	// GroupID is the visitor's old-style group, Tags the ids of the account's
	// tags on the visitor.
	GroupID int
	Tags    []int

	// QRScene and QRSceneText are the two forms of the parameter of the QR
	// code that brought the visitor; 0 and "" without one.
	QRScene     int
	QRSceneText string
}

// Follower asks whether openID follows the account, and since when
// (getUserInfo, /cgi-bin/user/info). lang is zh_CN, zh_TW or en, "" means zh_CN.
//
// The call is repeated once after 40001, 40014 or 42001 with a renewed token, and
// once after -1. Other errors are passed on: 40003 is an open id of another
// account, 48001 an account without this permission. A reply about somebody
// else, or one that does not plainly say yes or no, is [ErrReply]. An open id
// that WeChat cannot have made gives [ErrToken] and is not sent.
func (c *Client) Follower(ctx context.Context, t *AccountToken, openID, lang string) (*Follower, error) {
	lang, err := language(lang)
	if err != nil {
		return nil, err
	}
	if !idShape.MatchString(openID) {
		return nil, fmt.Errorf("%w: open id", ErrToken)
	}
	r, err := c.askWith(ctx, t, func(token string) question {
		return question{op: "follower", path: followerPath, hide: []string{openID}, pairs: []string{
			"access_token", token,
			"openid", openID,
			"lang", lang,
		}}
	})
	if err != nil {
		return nil, err
	}
	f, err := r.follower()
	if err == nil && f.OpenID != openID {
		return nil, r.bad("it is about another openid")
	}
	return f, err
}

// askWith asks a question that changes nothing, with the account's token: once
// more with a renewed one, and once more when WeChat was busy.
func (c *Client) askWith(ctx context.Context, t *AccountToken, about func(token string) question) (r reply, err error) {
	var q question
	var used []string // the second answer may still show the first token
	err = t.Do(ctx, func(token string) error {
		q = about(token)
		used = append(used, token)
		q.hide = slices.Concat(q.hide, t.hidden(), used)
		if r, err = c.ask(ctx, q); busy(err) {
			r, err = c.ask(ctx, q)
		}
		return err
	})
	return r, report(t.config.Logger, q.op, err, false)
}

// busy reports whether err is -1, for which one try more at once is sensible.
func busy(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == -1
}

// follower reads a reply of getUserInfo, or one entry of batchGetUserInfo.
func (r reply) follower() (*Follower, error) {
	f := &Follower{}
	var ok bool
	if f.OpenID, ok = r.text("openid"); !ok || !idShape.MatchString(f.OpenID) {
		return nil, r.bad("it names no valid openid")
	}
	// Sites open doors by this one, so a mark that is missing or of another
	// kind is neither a yes nor a no.
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
