package wxapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzReply holds what may never happen, whatever WeChat answers.
func FuzzReply(f *testing.F) {
	for _, tt := range tokenReplies {
		f.Add(tt.status, []byte(tt.body))
	}
	f.Add(200, []byte(`{`+me+`,"nickname":"`+"\x14\xe7\x90\xa6"+`","privilege":["a","b"],"headimgurl":"https:\/\/a.example\/0"}`))
	for _, tt := range followerReplies {
		f.Add(200, []byte(tt.body))
		f.Add(200, []byte(`{"user_info_list":[`+tt.body+`]}`))
	}
	for _, tt := range brokenTexts {
		f.Add(200, []byte(`{`+me+`,"nickname":"`+tt.text+`","sex":1,"unionid":"`+testUnionID+`"}`))
	}
	f.Add(301, []byte(goodToken))
	f.Add(200, []byte(`{"errcode":40029,"errmsg":"`+testSecret+`, rid: 61a969fa-3824f418-2a65b14e"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		h := newRedactor(testSecret)
		r, err := readReply(call{display: true}, status, body, h)
		if err != nil {
			var e *Error
			if !errors.Is(err, ErrReply) && !errors.As(err, &e) {
				t.Fatalf("rule: an error is WeChat's or ErrReply: %v", err)
			}
			if e != nil && e.Code == 0 {
				t.Fatal("rule: errcode 0 is no error")
			}
			if strings.Contains(err.Error(), testSecret) {
				t.Fatalf("rule: no error shows the secret: %v", err)
			}
			return
		}
		if status < 200 || status/100 == 3 || len(body) > defaultMaxReply {
			t.Fatalf("rule: only a final reply is read: %d %q", status, body)
		}
		trimmed := bytes.TrimRight(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n\x00")
		if r.damaged == json.Valid(escapeControls(trimmed)) {
			t.Fatalf("rule: a reply is damaged if it is no valid JSON: %t %q", r.damaged, body)
		}
		tok, err := r.token()
		if (tok == nil) == (err == nil) {
			t.Fatalf("rule: a token or an error, never both or none: %v, %v", tok, err)
		}
		if tok != nil {
			if !idShape.MatchString(tok.OpenID) || !tokenShape.MatchString(tok.AccessToken) || tok.ExpiresIn < 0 {
				t.Fatalf("rule: a token has sane parts: %v", tok)
			}
			if tok.UnionID != "" && !idShape.MatchString(tok.UnionID) || strings.HasSuffix(tok.Scope, ",") {
				t.Fatalf("rule: a token has sane parts: %v", tok)
			}
		}
		follows, err := r.follower()
		if (follows == nil) == (err == nil) {
			t.Fatalf("rule: a follower or an error, never both or none: %v, %v", follows, err)
		}
		if follows != nil && (!idShape.MatchString(follows.OpenID) || follows.Subscribed != strings.Contains(string(r.fields["subscribe"]), "1")) {
			t.Fatalf("rule: a follower is somebody, and a yes is a yes: %v", follows)
		}
		if all, err := r.followers([]string{testOpenID}, 1); (all == nil) == (err == nil) {
			t.Fatalf("rule: followers or an error, never both or none: %v, %v", all, err)
		}
		u, err := r.userInfo(testOpenID)
		if (u == nil) == (err == nil) {
			t.Fatalf("rule: a profile or an error, never both or none: %v, %v", u, err)
		}
		if u == nil {
			return
		}
		if u.OpenID != testOpenID {
			t.Fatalf("rule: a profile is about the one asked for: %v", u)
		}
		for _, s := range append(u.Privilege, u.Nickname, u.City, u.Province, u.Country, u.Language) {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || utf8.RuneCountInString(s) > maxNickname {
				t.Fatalf("rule: text is fit to show: %q", s)
			}
		}
		if u.HeadImgURL != "" && !strings.HasPrefix(strings.ToLower(u.HeadImgURL), "http") {
			t.Fatalf("rule: a picture is http or https: %q", u.HeadImgURL)
		}
	})
}
