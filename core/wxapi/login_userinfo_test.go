package wxapi

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
)

const me = `"openid":"` + testOpenID + `"`

func TestUserInfoReplies(t *testing.T) {
	user := func(f func(*UserInfo)) *UserInfo {
		u := &UserInfo{OpenID: testOpenID}
		f(u)
		return u
	}
	nick := func(s string) *UserInfo { return user(func(u *UserInfo) { u.Nickname = s }) }
	plain := user(func(*UserInfo) {})
	tests := []struct {
		rule, body string
		want       *UserInfo // nil: ErrReply, or code
		code       int
	}{
		{"a full reply is read", `{` + me + `,"nickname":"Band","sex":1,"language":"zh_CN","city":"c","province":"p","country":"CN",
			"headimgurl":"https:\/\/thirdwx.qlogo.cn\/mmopen\/vi_32\/x\/132","privilege":["chinaunicom"],"unionid":"` + testUnionID + `"}`,
			&UserInfo{testOpenID, testUnionID, "Band", "https://thirdwx.qlogo.cn/mmopen/vi_32/x/132", 1, "zh_CN", "CN", "p", "c", []string{"chinaunicom"}}, 0},
		{"the open id is enough", `{` + me + `}`, plain, 0},
		{"sex may come as text", `{` + me + `,"sex":"2"}`, user(func(u *UserInfo) { u.Sex = 2 }), 0},
		{"sex of no sense is unknown", `{` + me + `,"sex":7}`, plain, 0},
		{"sex that is no number is unknown", `{` + me + `,"sex":"f"}`, plain, 0},
		{"privilege may be null", `{` + me + `,"privilege":null}`, plain, 0},
		{"privilege may be empty", `{` + me + `,"privilege":[]}`, plain, 0},
		{"privilege may be no list", `{` + me + `,"privilege":"x"}`, plain, 0},
		{"privilege may hold what is no text", `{` + me + `,"privilege":[1,null,"","a\u0007b"]}`, user(func(u *UserInfo) { u.Privilege = []string{"ab"} }), 0},

		{"raw control bytes are taken out of a name", `{` + me + `,"nickname":"` + "\x14\xe7\x90\xa6\x00\x07\n" + `!"}`, nick("琦!"), 0},
		{"escaped control characters are taken out of a name", `{` + me + `,"nickname":"a\u0000\r\n\u0085\u007fb"}`, nick("ab"), 0},
		{"a raw control byte after an escaped backslash or quote is taken out", `{` + me + `,"nickname":"a\\` + "\x01" + `\"` + "\x02" + `b"}`, nick(`a\"b`), 0},
		{"broken UTF-8 is taken out of a name", `{` + me + ",\"nickname\":\"S\xef\xbf\xbdY\xff\xf0\x9f4\"}", nick("SY4"), 0},
		{"half a surrogate is taken out of a name", `{` + me + `,"nickname":"a\ud83db"}`, nick("ab"), 0},
		{"bidi overrides and isolates are taken out of a name", `{` + me + `,"nickname":"a\u202Eb\u202a\u2066c\u2069"}`, nick("abc"), 0},
		{"line separators and byte order marks are taken out of a name", `{` + me + `,"nickname":"a\u2028\u2029\ufeffb"}`, nick("ab"), 0},
		{"emoji keep their joiners", `{` + me + `,"nickname":"👩‍👩‍👧❤️"}`, nick("👩‍👩‍👧❤️"), 0},
		{"a name of 256 runes is whole", `{` + me + `,"nickname":"` + strings.Repeat("名", 256) + `"}`, nick(strings.Repeat("名", 256)), 0},
		{"a longer name is cut between runes", `{` + me + `,"nickname":"` + strings.Repeat("名", 257) + `"}`, nick(strings.Repeat("名", 256)), 0},
		{"a name that is no text is none", `{` + me + `,"nickname":{"a":1}}`, plain, 0},
		{"NICKNAME is not nickname", `{` + me + `,"NICKNAME":"x"}`, plain, 0},
		{"control bytes in a place are taken out", `{` + me + `,"province":"` + "\n" + `61.151.217.158","city":"` + "\b" + `"}`, user(func(u *UserInfo) { u.Province = "61.151.217.158" }), 0},

		{"an http picture is kept as it is", `{` + me + `,"headimgurl":"http://wx.qlogo.cn/mmopen/x/0"}`, user(func(u *UserInfo) { u.HeadImgURL = "http://wx.qlogo.cn/mmopen/x/0" }), 0},
		{"a script is no picture", `{` + me + `,"headimgurl":"javascript:alert(1)"}`, plain, 0},
		{"data is no picture", `{` + me + `,"headimgurl":"data:image/svg+xml,x"}`, plain, 0},
		{"an address without a scheme is no picture", `{` + me + `,"headimgurl":"//evil.example/x"}`, plain, 0},
		{"an address without a host is no picture", `{` + me + `,"headimgurl":"https:///x"}`, plain, 0},
		{"an address with a user is no picture", `{` + me + `,"headimgurl":"https://qlogo.cn@evil.example/x"}`, plain, 0},
		{"an address with a quote is no picture", `{` + me + `,"headimgurl":"https://a.example/\"onerror=x"}`, plain, 0},
		{"an address with a control byte is no picture", `{` + me + `,"headimgurl":"https://a.example/` + "\x01" + `"}`, plain, 0},
		{"a picture that is no text is none", `{` + me + `,"headimgurl":0}`, plain, 0},
		{"an address of 2 KiB and more is no picture", `{` + me + `,"headimgurl":"https://a.example/` + strings.Repeat("x", 2048) + `"}`, plain, 0},

		{"somebody else is refused", `{"openid":"o-another-one","nickname":"x"}`, nil, 0},
		{"the same id in other case is somebody else", `{"openid":"` + strings.ToUpper(testOpenID) + `"}`, nil, 0},
		{"nobody is refused", `{"nickname":"x"}`, nil, 0},
		{"an open id that is no text is refused", `{"openid":[]}`, nil, 0},
		{"two open ids are refused", `{` + me + `,"openid":"o-another-one"}`, nil, 0},
		{"a union id of no sane shape is refused", `{` + me + `,"unionid":"a b"}`, nil, 0},
		{"{} is no profile", `{}`, nil, 0},
		{"HTML is no profile", `<html>`, nil, 0},
		{"an error is an error", `{"errcode":48001,"errmsg":"api unauthorized, rid: 62fb9bc8-078c24da-4202f278"}`, nil, 48001},
		{"an error with a profile is an error", `{` + me + `,"errcode":"40001","nickname":"x"}`, nil, 40001},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			got, err := client(t, says(200, tt.body)).UserInfo(context.Background(), testAccess, testOpenID, "zh_TW")
			var e *Error
			switch {
			case tt.want != nil:
				if err != nil || !reflect.DeepEqual(got, tt.want) {
					t.Errorf("rule: %s\n got %+v, %v\nwant %+v", tt.rule, got, err, tt.want)
				}
			case tt.code != 0:
				if got != nil || !errors.As(err, &e) || e.Code != tt.code {
					t.Errorf("rule: %s: %+v, %v", tt.rule, got, err)
				}
			default:
				if got != nil || !errors.Is(err, ErrReply) || Classify(err) != ClassNone {
					t.Errorf("rule: %s: %+v, %v", tt.rule, got, err)
				}
			}
		})
	}
}
