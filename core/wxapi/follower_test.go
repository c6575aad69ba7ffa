package wxapi

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const fullFollower = `{"subscribe":1,"openid":"` + testOpenID + `","nickname":"","sex":0,"language":"zh_CN","city":"","province":"",
	"country":"","headimgurl":"","subscribe_time":1677650915,"unionid":"` + testUnionID + `","remark":"VIP` + "\x07" + `","groupid":3,
	"tagid_list":[128,2],"subscribe_scene":"ADD_SCENE_QR_CODE","qr_scene":98765,"qr_scene_str":"desk"}`

var followerReplies = []struct {
	rule, body string
	want       *Follower // nil: ErrReply
}{
	{"a full reply is read", fullFollower, &Follower{true, testOpenID, testUnionID, time.Unix(1677650915, 0), "ADD_SCENE_QR_CODE", "zh_CN", "VIP", 3, []int{128, 2}, 98765, "desk"}},
	{"who does not follow has an open id alone", `{"subscribe":0,` + me + `}`, &Follower{OpenID: testOpenID}},
	{"numbers may come as text", `{"subscribe":"1",` + me + `,"subscribe_time":"1677650915","groupid":"3"}`,
		&Follower{Subscribed: true, OpenID: testOpenID, SubscribedAt: time.Unix(1677650915, 0), GroupID: 3}},
	{"a no may come as text", `{"subscribe":"0",` + me + `}`, &Follower{OpenID: testOpenID}},
	{"what matters to nobody may be odd", `{"subscribe":1,` + me + `,"subscribe_time":-1,"groupid":"x","tagid_list":["a",7,null],"remark":{}}`,
		&Follower{Subscribed: true, OpenID: testOpenID, Tags: []int{7}}},
	{"a time beyond all sense is none", `{"subscribe":1,` + me + `,"subscribe_time":99999999999}`, &Follower{Subscribed: true, OpenID: testOpenID}},
	{"a subscribe that is missing is guessed by nobody", `{` + me + `}`, nil},
	{"null is neither yes nor no", `{"subscribe":null,` + me + `}`, nil},
	{"true is neither 0 nor 1", `{"subscribe":true,` + me + `}`, nil},
	{"2 is neither 0 nor 1", `{"subscribe":2,` + me + `}`, nil},
	{"1.0 is not exactly 1", `{"subscribe":1.0,` + me + `}`, nil},
	{"a text with a blank is not exactly 1", `{"subscribe":" 1",` + me + `}`, nil},
	{"SUBSCRIBE is another field", `{"SUBSCRIBE":1,` + me + `}`, nil},
	{"yes and no at once is neither", `{"subscribe":0,"subscribe":1,` + me + `}`, nil},
	{"a reply about somebody else is refused", `{"subscribe":1,"openid":"oSomebodyElse"}`, nil},
	{"a reply about nobody is refused", `{"subscribe":1}`, nil},
	{"a union id of no shape is refused", `{"subscribe":1,` + me + `,"unionid":"a b"}`, nil},
	{"an empty object is refused", `{}`, nil},
}

func TestFollowerReplies(t *testing.T) {
	for _, tt := range followerReplies {
		u := newUpstream()
		u.says("info", tt.body)
		token := u.node(t, AccountTokenConfig{})
		got, err := token.client.Follower(context.Background(), token, testOpenID, "")
		if !reflect.DeepEqual(got, tt.want) || (tt.want == nil) != errors.Is(err, ErrReply) {
			t.Errorf("rule: %s:\n got %+v, %v\nwant %+v", tt.rule, got, err, tt.want)
		}
		u.says("batch", `{"user_info_list":[`+tt.body+`]}`)
		all, err := token.client.Followers(context.Background(), token, "", testOpenID)
		if tt.want == nil && !errors.Is(err, ErrReply) || tt.want != nil && (len(all) != 1 || !reflect.DeepEqual(all[0], tt.want)) {
			t.Errorf("rule: in a list, too, %s:\n got %+v, %v\nwant %+v", tt.rule, all, err, tt.want)
		}
	}
}

func TestFollowerRequests(t *testing.T) {
	ctx := context.Background()
	u := newUpstream()
	token := u.node(t, AccountTokenConfig{})
	c := token.client
	if _, err := c.Follower(ctx, token, testOpenID, ""); err != nil {
		t.Error(err)
	}
	if got := u.last.Method + " " + u.last.URL.RequestURI(); got != "GET /cgi-bin/user/info?access_token="+tokenOf(1)+"&openid="+testOpenID+"&lang=zh_CN" {
		t.Errorf("rule: user/info is asked in the documented way: %s", got)
	}
	u.says("batch", `{"user_info_list":[{"subscribe":0,"openid":"oSecond"},{"subscribe":1,"openid":"oFirst"}]}`)
	all, err := c.Followers(ctx, token, "en", "oFirst", "oSecond", "oFirst")
	if err != nil || len(all) != 3 || !all[0].Subscribed || all[1].Subscribed || all[2].OpenID != "oFirst" {
		t.Errorf("rule: followers come in the order asked: %+v, %v", all, err)
	}
	if got := u.last.Method + " " + u.last.URL.RequestURI() + " " + u.sent; got != "POST /cgi-bin/user/info/batchget?access_token="+tokenOf(1)+
		` {"user_list":[{"openid":"oFirst","lang":"en"},{"openid":"oSecond","lang":"en"}]}` {
		t.Errorf("rule: batchget is asked in the documented way, and about nobody twice: %s", got)
	}
	before := u.count("")
	_, err1 := c.Follower(ctx, token, "o 1", "")
	_, err2 := c.Followers(ctx, token, "", testOpenID, "o&x=1")
	_, err3 := c.Follower(ctx, token, testOpenID, "fr")
	_, err4 := c.Followers(ctx, token, "fr", testOpenID)
	_, err5 := c.Followers(ctx, token, "", slices.Repeat([]string{testOpenID}, 101)...)
	none, err6 := c.Followers(ctx, token, "")
	if !errors.Is(err1, ErrToken) || !errors.Is(err2, ErrToken) || err3 == nil || err4 == nil || err5 == nil || len(none) != 0 || err6 != nil {
		t.Errorf("rule: what WeChat would not take is an error: %v, %v, %v, %v, %v, %v", err1, err2, err3, err4, err5, err6)
	}
	if u.count("") != before {
		t.Error("rule: what WeChat would not take is not sent, and neither is nothing")
	}
}

func TestFollowersReplies(t *testing.T) {
	entry := func(id string) string { return `{"subscribe":1,"openid":"` + id + `"}` }
	tests := []struct {
		rule, body string
		good       bool
	}{
		{"as many as asked for", `{"user_info_list":[` + entry("oFirst") + `,` + entry("oSecond") + `]}`, true},
		{"one left out", `{"user_info_list":[` + entry("oFirst") + `]}`, false},
		{"one too many", `{"user_info_list":[` + entry("oFirst") + `,` + entry("oSecond") + `,` + entry("oThird1") + `]}`, false},
		{"one twice", `{"user_info_list":[` + entry("oFirst") + `,` + entry("oFirst") + `]}`, false},
		{"a stranger", `{"user_info_list":[` + entry("oFirst") + `,` + entry("oThird1") + `]}`, false},
		{"something that is no object", `{"user_info_list":[` + entry("oFirst") + `,7]}`, false},
		{"yes and no about one", `{"user_info_list":[` + entry("oFirst") + `,{"openid":"oSecond","subscribe":1,"subscribe":0}]}`, false},
		{"no list", `{"user_info_list":{}}`, false},
		{"nothing", `{}`, false},
		{"more than 1 MiB", `{"user_info_list":[` + strings.Repeat(" ", 1<<20) + `]}`, false},
	}
	for _, tt := range tests {
		u := newUpstream()
		u.says("batch", tt.body)
		token := u.node(t, AccountTokenConfig{})
		all, err := token.client.Followers(context.Background(), token, "", "oFirst", "oSecond")
		if tt.good != (err == nil) || !tt.good && (all != nil || !errors.Is(err, ErrReply)) {
			t.Errorf("rule: %s: %v, %v", tt.rule, all, err)
		}
	}
	t.Run("a hundred with long remarks are read", func(t *testing.T) {
		var ids, entries []string
		for n := range 100 {
			ids = append(ids, fmt.Sprintf("oPerson%04d", n))
			entries = append(entries, `{"subscribe":1,"openid":"`+ids[n]+`","remark":"`+strings.Repeat("备", 256)+`"}`)
		}
		u := newUpstream()
		u.says("batch", `{"user_info_list":[`+strings.Join(entries, ",")+`]}`)
		token := u.node(t, AccountTokenConfig{})
		if all, err := token.client.Followers(context.Background(), token, "", ids...); len(all) != 100 || err != nil {
			t.Errorf("rule: a hundred with long remarks are read: %d, %v", len(all), err)
		}
	})
}
