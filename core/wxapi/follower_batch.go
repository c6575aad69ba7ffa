package wxapi

import (
	"context"
	"encoding/json"
	"fmt"
)

const (
	followersPath = "/cgi-bin/user/info/batchget"

	maxFollowers = 100 // in one call (batchGetUserInfo)

	// A hundred entries with long remarks come close to 100 KiB.
	maxFollowersReply = 1 << 20
)

// Followers asks the same as [Client.Follower] about at most 100 open ids in one
// call (batchGetUserInfo, /cgi-bin/user/info/batchget). It returns them in the
// order of openIDs, and makes no call for none. It returns all or nothing: a reply
// that leaves one out, repeats one, names somebody else or is no valid JSON is
// [ErrReply]. Then ask [Client.Follower] one by one, which leaves out a broken
// text.
func (c *Client) Followers(ctx context.Context, t *AccountToken, lang string, openIDs ...string) ([]*Follower, error) {
	lang, err := checkLanguage(lang)
	if err != nil {
		return nil, err
	}
	if len(openIDs) > maxFollowers {
		return nil, fmt.Errorf("wechat: followers: %d open ids, but WeChat accepts at most %d in one call", len(openIDs), maxFollowers)
	}
	body, err := newFollowersBody(lang, openIDs)
	if err != nil || len(openIDs) == 0 {
		return nil, err
	}
	r, err := t.doWithToken(ctx, func(token string) call {
		return call{op: "followers", path: followersPath, body: body, limit: maxFollowersReply, secrets: openIDs,
			query: []string{"access_token", token}}
	})
	if err != nil {
		return nil, logFailure(t.config.Logger, "followers", err, false)
	}
	return r.followers(openIDs, len(body.Users))
}

type (
	followersBody struct {
		Users []followersUser `json:"user_list"`
	}
	followersUser struct {
		OpenID string `json:"openid"`
		Lang   string `json:"lang"`
	}
)

// newFollowersBody lists each open id once, also if the caller gives it twice.
func newFollowersBody(lang string, openIDs []string) (body followersBody, err error) {
	asked := map[string]bool{}
	for _, id := range openIDs {
		if !idShape.MatchString(id) {
			return body, fmt.Errorf("%w: open id", ErrToken)
		}
		if !asked[id] {
			asked[id] = true
			body.Users = append(body.Users, followersUser{id, lang})
		}
	}
	return body, nil
}

// followers reads a reply of batchGetUserInfo about openIDs, of which distinct
// are different.
func (r reply) followers(openIDs []string, distinct int) ([]*Follower, error) {
	var list []json.RawMessage
	if json.Unmarshal(r.fields["user_info_list"], &list) != nil || len(list) != distinct {
		return nil, r.bad("its user_info_list has another length than the request")
	}
	found := map[string]*Follower{}
	for _, raw := range list {
		one := reply{status: r.status, fields: map[string]json.RawMessage{}}
		if raw[0] != '{' || !one.readObject(raw) {
			return nil, r.bad("its user_info_list holds something else")
		}
		f, err := one.follower()
		if err != nil {
			return nil, err
		}
		found[f.OpenID] = f
	}
	var all []*Follower
	for _, id := range openIDs {
		f := found[id]
		if f == nil {
			return nil, r.bad("it leaves out an openid")
		}
		all = append(all, f)
	}
	return all, nil
}
