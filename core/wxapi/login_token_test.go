package wxapi

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func ptr(t Token) *Token { return &t }

// base is the token of the minLife good reply.
var base = Token{AccessToken: "AT", OpenID: testOpenID}

func with(f func(*Token)) *Token {
	t := base
	f(&t)
	return &t
}

const short = `"access_token":"AT","openid":"` + testOpenID + `"`

// tokenReplies are bodies of the exchange and what has to come of them: a
// token, WeChat's errcode, or (neither) ErrReply.
var tokenReplies = []struct {
	rule   string
	status int
	body   string
	want   *Token
	code   int
}{
	{"a full reply is read", 200, `{"access_token":"AT","expires_in":7200,"refresh_token":"RT","openid":"` + testOpenID +
		`","scope":"snsapi_userinfo","is_snapshotuser":1,"unionid":"` + testUnionID + `"}`,
		&Token{"AT", "RT", 2 * time.Hour, testOpenID, testUnionID, "snsapi_userinfo", true}, 0},
	{"openid and access_token are enough", 200, `{` + short + `}`, ptr(base), 0},
	{"errcode 0 beside them is no error", 200, `{"errcode":0,"errmsg":"ok",` + short + `}`, ptr(base), 0},
	{"null is as good as missing", 200, `{` + short + `,"errcode":null,"scope":null,"unionid":null,"refresh_token":null,"expires_in":null,"is_snapshotuser":null}`, ptr(base), 0},
	{"the HTTP status does not count, 500", 500, `{` + short + `}`, ptr(base), 0},
	{"the HTTP status does not count, 404", 404, `{` + short + `}`, ptr(base), 0},
	{"a byte order mark is cut", 200, "\ufeff{" + short + "}", ptr(base), 0},
	{"white space around tokens stays legal", 200, "\r\n\t {\n\t" + short + "\r\n}\r\n", ptr(base), 0},
	{"unknown fields are let be", 200, `{` + short + `,"x":{"openid":"o-other-person"},"y":[1,{"errcode":5}]}`, ptr(base), 0},

	{"numbers may come as strings", 200, `{` + short + `,"expires_in":"7200","is_snapshotuser":"1","errcode":"0"}`,
		with(func(t *Token) { t.ExpiresIn = 2 * time.Hour; t.Snapshot = true }), 0},
	{"a life of no sense is unknown, text", 200, `{` + short + `,"expires_in":"soon"}`, ptr(base), 0},
	{"a life of no sense is unknown, negative", 200, `{` + short + `,"expires_in":-5}`, ptr(base), 0},
	{"a life of no sense is unknown, overflow", 200, `{` + short + `,"expires_in":9223372036854775807}`, ptr(base), 0},
	{"a refresh token of no sense is none", 200, `{` + short + `,"refresh_token":"a b"}`, ptr(base), 0},
	{"no snapshot: 0", 200, `{` + short + `,"is_snapshotuser":0}`, ptr(base), 0},
	{"no snapshot: text 0", 200, `{` + short + `,"is_snapshotuser":"0"}`, ptr(base), 0},
	{"no snapshot: false", 200, `{` + short + `,"is_snapshotuser":false}`, ptr(base), 0},
	{"a snapshot by any other word is one", 200, `{` + short + `,"is_snapshotuser":{}}`, with(func(t *Token) { t.Snapshot = true }), 0},
	{"a snapshot is one also when said true", 200, `{` + short + `,"is_snapshotuser":true}`, with(func(t *Token) { t.Snapshot = true }), 0},

	{"the trailing comma of a scope is cut", 200, `{` + short + `,"scope":"snsapi_userinfo,"}`, with(func(t *Token) { t.Scope = "snsapi_userinfo" }), 0},
	{"a scope list is kept", 200, `{` + short + `,"scope":"snsapi_base,snsapi_userinfo"}`, with(func(t *Token) { t.Scope = "snsapi_base,snsapi_userinfo" }), 0},
	{"a scope is not mended", 200, `{` + short + `,"scope":"snsapi_user` + "\x01" + `info"}`, nil, 0},
	{"a scope that is no text is refused", 200, `{` + short + `,"scope":["snsapi_userinfo"]}`, nil, 0},

	{"escaped slashes are slashes", 200, `{"access_token":"a\/b","openid":"` + testOpenID + `"}`, with(func(t *Token) { t.AccessToken = "a/b" }), 0},
	{"a control byte in an unused field does no harm", 200, `{` + short + `,"note":"a` + "\x00\x14\x1f\n" + `b\\"}`, ptr(base), 0},
	{"a control byte in a name of a field does not make it another", 200, `{"access_token":"AT","open` + "\x01" + `id":"` + testOpenID + `"}`, nil, 0},
	{"a control byte in an open id is not mended", 200, `{"access_token":"AT","openid":"oLVPpjqs` + "\x07" + `9Bhvz"}`, nil, 0},
	{"a control byte after a backslash has no meaning", 200, `{` + short + `,"note":"a\` + "\x01" + `"}`, nil, 0},
	{"a control byte after a backslash does not end a string", 200, `{"note":"\` + "\x01" + `",` + short + `,"x":"\` + "\x01" + `"}`, nil, 0},
	{"a raw control byte outside strings is no JSON", 200, "{\x01" + short + `}`, nil, 0},
	{"broken UTF-8 in an unused field does no harm", 200, `{` + short + ",\"note\":\"a\xff\xe7\x90\"}", ptr(base), 0},
	{"broken UTF-8 in an open id is not mended", 200, "{\"access_token\":\"AT\",\"openid\":\"oLVPpjqs\xff9Bhvz\"}", nil, 0},

	{"{} is no answer", 200, `{}`, nil, 0},
	{"null is no answer", 200, `null`, nil, 0},
	{"[] is no answer", 200, `[]`, nil, 0},
	{"a list around the object is no answer", 200, `[{` + short + `}]`, nil, 0},
	{"a text is no answer", 200, `"ok"`, nil, 0},
	{"an empty body is no answer", 200, ``, nil, 0},
	{"white space is no answer", 200, " \r\n", nil, 0},
	{"a lone byte order mark is no answer", 200, "\ufeff", nil, 0},
	{"errcode 0 alone is no answer", 200, `{"errcode":0}`, nil, 0},
	{"errcode 0 with ok is no answer", 200, `{"errcode":0,"errmsg":"ok"}`, nil, 0},
	{"HTML is no answer", 200, `<!DOCTYPE html><html>502</html>`, nil, 0},
	{"JSON cut short is no answer", 200, `{` + short + `,"scope":"snsapi`, nil, 0},
	{"JSON with something after it is no answer", 200, `{` + short + `}{"errcode":40029}`, nil, 0},
	{"JavaScript is no answer", 200, `cb({` + short + `})`, nil, 0},

	{"OPENID is not openid", 200, `{"access_token":"AT","OPENID":"` + testOpenID + `"}`, nil, 0},
	{"OpenId beside openid is not it", 200, `{"OpenId":"o-another-one",` + short + `,"OPENID":"o-another-one"}`, ptr(base), 0},
	{"Access_Token is not access_token", 200, `{"Access_Token":"AT","openid":"` + testOpenID + `"}`, nil, 0},
	{"ErrCode is not errcode", 200, `{"ErrCode":40029,` + short + `}`, ptr(base), 0},
	{"two different open ids are refused", 200, `{` + short + `,"openid":"o-another-one"}`, nil, 0},
	{"two different open ids are refused, one by escape", 200, `{` + short + `,"open\u0069d":"o-another-one"}`, nil, 0},
	{"a name that is there twice is refused, with the same value too", 200, `{` + short + `,` + short + `}`, nil, 0},
	{"a second union id is refused", 200, `{` + short + `,"unionid":"` + testUnionID + `","x":1,"unionid":"o-another-one"}`, nil, 0},
	{"a second scope is refused", 200, `{` + short + `,"scope":"snsapi_base","scope":"snsapi_userinfo"}`, nil, 0},
	{"a NUL byte behind the body does no harm", 200, `{` + short + "}\x00", ptr(base), 0},
	{"a broken text makes a token's reply unreadable", 200, `{` + short + `,"note":"a\'b"}`, nil, 0},
	{"the code of an error counts although its message is broken", 200, `{"errcode":40029,"errmsg":"it\'s used"}`, nil, 40029},
	{"the code of an error behind a broken message does not count", 200, `{"errmsg":"it\'s used","errcode":40029}`, nil, 0},
	{"two errcodes are refused", 200, `{"errcode":40029,"errcode":0,` + short + `}`, nil, 0},

	{"an open id has 6 characters or more", 200, `{"access_token":"AT","openid":"o1234"}`, nil, 0},
	{"an open id has 64 characters or fewer", 200, `{"access_token":"AT","openid":"` + strings.Repeat("o", 65) + `"}`, nil, 0},
	{"an open id is ASCII", 200, `{"access_token":"AT","openid":"ｏＬＶＰpjqs9"}`, nil, 0},
	{"an open id has no line end", 200, `{"access_token":"AT","openid":"` + testOpenID + `\n"}`, nil, 0},
	{"an open id is text", 200, `{"access_token":"AT","openid":1234567}`, nil, 0},
	{"an open id is not empty", 200, `{"access_token":"AT","openid":""}`, nil, 0},
	{"an access token is text", 200, `{"access_token":{"a":"b"},"openid":"` + testOpenID + `"}`, nil, 0},
	{"an access token is not empty", 200, `{"access_token":"","openid":"` + testOpenID + `"}`, nil, 0},
	{"an access token has no line end", 200, `{"access_token":"A\r\nT","openid":"` + testOpenID + `"}`, nil, 0},
	{"a union id of no sane shape is refused", 200, `{` + short + `,"unionid":"o x"}`, nil, 0},
	{"a union id is text", 200, `{` + short + `,"unionid":12345678}`, nil, 0},
	{"an empty union id is none", 200, `{` + short + `,"unionid":""}`, ptr(base), 0},

	{"an error is an error", 200, `{"errcode":40029,"errmsg":"invalid code, rid: 61a969fa-3824f418-2a65b14e"}`, nil, 40029},
	{"an error may come as text", 200, `{"errcode":"40029","errmsg":"invalid code"}`, nil, 40029},
	{"an error may be negative", 200, `{"errcode":-1,"errmsg":"system error"}`, nil, -1},
	{"an error with an open id and a token is an error", 200, `{` + short + `,"errcode":40163}`, nil, 40163},
	{"an error keeps its code under HTTP 500", 500, `{"errcode":40163}`, nil, 40163},
	{"an errcode that is no number is refused", 200, `{` + short + `,"errcode":"no"}`, nil, 0},
	{"an errcode that is true is refused", 200, `{` + short + `,"errcode":true}`, nil, 0},
	{"an errcode that is half a number is refused", 200, `{` + short + `,"errcode":0.5}`, nil, 0},
}

func TestTokenReplies(t *testing.T) {
	for _, tt := range tokenReplies {
		t.Run(tt.rule, func(t *testing.T) {
			c := client(t, says(tt.status, tt.body))
			for name, call := range map[string]func() (*Token, error){
				"exchange": func() (*Token, error) { return c.Exchange(context.Background(), testCode) },
				"refresh":  func() (*Token, error) { return c.Refresh(context.Background(), testRefresh) },
			} {
				got, err := call()
				var e *Error
				switch {
				case tt.want != nil:
					if err != nil || *got != *tt.want {
						t.Errorf("rule: %s: %s gave %v, %v\nwant %v", tt.rule, name, got, err, tt.want)
					}
				case tt.code != 0:
					if got != nil || !errors.As(err, &e) || e.Code != tt.code || errors.Is(err, ErrReply) {
						t.Errorf("rule: %s: %s gave %v, %v, want errcode %d", tt.rule, name, got, err, tt.code)
					}
				default:
					if got != nil || !errors.Is(err, ErrReply) || errors.As(err, &e) {
						t.Errorf("rule: %s: %s gave %v, %v, want ErrReply", tt.rule, name, got, err)
					}
				}
			}
		})
	}
}

func TestHasScope(t *testing.T) {
	tests := []struct {
		list, scope string
		want        bool
	}{
		{"snsapi_base,snsapi_userinfo", "snsapi_userinfo", true},
		{"snsapi_base,snsapi_userinfo", "snsapi_base", true},
		{"snsapi_userinfo", "snsapi_base", false},
		{"snsapi_userinfo_x", "snsapi_userinfo", false},
		{"snsapi_base,snsapi_userinfo", "snsapi_base,snsapi_userinfo", false},
		{"SNSAPI_BASE", "snsapi_base", false},
		{"", "", false},
		{"a,,b", "", false},
		{"", "snsapi_base", false},
	}
	for _, tt := range tests {
		if got := (&Token{Scope: tt.list}).HasScope(tt.scope); got != tt.want {
			t.Errorf("rule: only a whole member counts: %q in %q is %v", tt.scope, tt.list, got)
		}
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		rule, body string
		ok         bool
		code       int
	}{
		{"errcode 0 is a yes", `{"errcode":0,"errmsg":"ok"}`, true, 0},
		{"errcode 0 as text is a yes", `{"errcode":"0"}`, true, 0},
		{"{} is not a yes", `{}`, false, 0},
		{"errcode null is not a yes", `{"errcode":null}`, false, 0},
		{"HTML is not a yes", `<html>ok</html>`, false, 0},
		{"an error is a no", `{"errcode":40003,"errmsg":"invalid openid"}`, false, 40003},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			err := client(t, says(200, tt.body)).Check(context.Background(), testAccess, testOpenID)
			var e *Error
			errors.As(err, &e)
			switch {
			case tt.ok != (err == nil):
				t.Errorf("rule: %s: %v", tt.rule, err)
			case tt.code != 0 && (e == nil || e.Code != tt.code):
				t.Errorf("rule: %s: %v", tt.rule, err)
			case !tt.ok && tt.code == 0 && !errors.Is(err, ErrReply):
				t.Errorf("rule: %s: %v", tt.rule, err)
			}
		})
	}
}

func TestTokenShowsTheRest(t *testing.T) {
	tok := Token{testAccess, testRefresh, time.Hour, testOpenID, "", "snsapi_base", true}
	b, err := json.Marshal(tok)
	const want = `{"OpenID":"` + testOpenID + `","UnionID":"","Scope":"snsapi_base","ExpiresIn":"1h0m0s","Snapshot":true,"AccessToken":"***","RefreshToken":"***"}`
	if err != nil || string(b) != want {
		t.Errorf("got %s, %v\nwant %s", b, err, want)
	}
	if s := tok.LogValue().String(); !strings.Contains(s, testOpenID) || !strings.Contains(s, "AccessToken=***") {
		t.Errorf("rule: a log shows all fields, the tokens masked: %s", s)
	}
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(tok); err == nil || strings.Contains(buf.String(), testAccess) {
		t.Errorf("rule: gob must refuse a Token: %v", err)
	}
}
