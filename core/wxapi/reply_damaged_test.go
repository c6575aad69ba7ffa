package wxapi

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// brokenTexts are texts that make a reply invalid JSON when WeChat does not
// escape them.
var brokenTexts = []struct{ rule, text string }{
	{"an escaped apostrophe", `it\'s`},
	{"an escape that JSON does not know", `a\vb`},
	{"half of a hex escape", `a\x4`},
	{"a \\u without four digits", `a\u12g4`},
	{"an unescaped quote", `a"b`},
	{"two unescaped quotes", `the "one"`},
	{"an unescaped quote at the end", `a"`},
	{"an unescaped quote and a comma", `a",b`},
	{"unescaped quotes that look like a list", `a","b`},
	{"unescaped quotes and a colon", `a":"b`},
	{"a brace and a quote", `a"}`},
	{"braces and brackets", `"]}[{`},
	{"a backslash before a control byte", "a\\\x01b"},
}

func TestABrokenTextIsLeftOut(t *testing.T) {
	const picture = "https://thirdwx.qlogo.cn/x/132"
	for _, tt := range brokenTexts {
		for _, order := range []struct{ rule, body string }{
			{"in the middle", `{` + me + `,"nickname":"` + tt.text + `","sex":1,"language":"en","headimgurl":"` + picture + `","privilege":["p"]}`},
			{"with a NUL behind the body", `{` + me + `,"nickname":"` + tt.text + `","sex":1,"language":"en","headimgurl":"` + picture + `","privilege":["p"]}` + "\x00"},
			{"with white space", `{ ` + me + ` , "nickname" : "` + tt.text + `" , "sex" : 1 , "language":"en", "headimgurl" : "` + picture + `","privilege":["p"] }`},
			{"between lines", "{" + me + ",\n\"nickname\":\"" + tt.text + "\",\n\"sex\":1,\r\n\"language\":\"e\x07n\",\"headimgurl\":\"" + picture + "\",\"privilege\":[\"p\"]\n}\n"},
			{"at the end", `{` + me + `,"sex":1,"language":"en","headimgurl":"` + picture + `","privilege":["p"],"nickname":"` + tt.text + `"}`},
		} {
			got, err := client(t, says(200, order.body)).UserInfo(context.Background(), testAccess, testOpenID, "")
			want := &UserInfo{OpenID: testOpenID, Sex: 1, Language: "en", HeadImgURL: picture, Privilege: []string{"p"}}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("rule: %s, %s, is left out, and the rest is read:\n got %+v, %v\nwant %+v", tt.rule, order.rule, got, err, want)
			}
		}

		u := newUpstream()
		u.says("info", `{"subscribe":1,`+me+`,"language":"zh_CN","unionid":"`+testUnionID+`","remark":"`+tt.text+`","groupid":3,"tagid_list":[7]}`)
		token := u.node(t, AccountTokenConfig{})
		got, err := token.client.Follower(context.Background(), token, testOpenID, "")
		want := &Follower{Subscribed: true, OpenID: testOpenID, UnionID: testUnionID, Language: "zh_CN", GroupID: 3, Tags: []int{7}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("rule: a follower whose remark has %s is a follower:\n got %+v, %v\nwant %+v", tt.rule, got, err, want)
		}
	}
}

func TestBrokenValuesOfOtherTypes(t *testing.T) {
	for rule, field := range map[string]string{
		"a list without commas":  `"privilege":[ "P1" "P2" ]`,
		"a text without quotes":  `"city":CITY`,
		"a number with a letter": `"sex":1x`,
		"nothing":                `"province":`,
	} {
		got, err := client(t, says(200, `{`+me+`,`+field+`,"nickname":"Mei"}`)).UserInfo(context.Background(), testAccess, testOpenID, "")
		if want := (&UserInfo{OpenID: testOpenID, Nickname: "Mei"}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("rule: %s is left out, and the rest is read: %+v, %v", rule, got, err)
		}
	}
}

// Whoever can break the JSON can write fields. So nothing is decided by what comes
// after a broken text.
func TestNoNicknameWritesAnID(t *testing.T) {
	const foreign = "oForeignUnionID000000000000000"
	rest := `,"sex":0,"language":"","city":"","province":"","country":"","headimgurl":"","privilege":[]`
	tests := []struct {
		rule, nickname, tail string
		refused              bool
		unionID              string
	}{
		{"a union id behind a whole nickname is WeChat's", `Mei`, `,"unionid":"` + testUnionID + `"`, false, testUnionID},
		{"a union id behind a broken nickname does not count", `Mei\'`, `,"unionid":"` + testUnionID + `"`, false, ""},
		{"a nickname writes a union id beside WeChat's", `Mei","unionid":"` + foreign, `,"unionid":"` + testUnionID + `"`, true, ""},
		{"a nickname writes the union id that WeChat left out", `Mei","unionid":"` + foreign, ``, false, ""},
		{"a nickname writes a union id and breaks the JSON before it", `\v","unionid":"` + foreign, ``, false, ""},
		{"a nickname writes a union id and breaks the JSON behind it", `Mei","unionid":"` + foreign + `","x":"\v`, ``, false, ""},
		{"a nickname writes another open id", `Mei","openid":"` + foreign, ``, true, ""},
		{"a nickname writes its own open id again", `Mei","openid":"` + testOpenID, ``, true, ""},
		{"a nickname writes another open id behind a broken text", `\v","openid":"` + foreign, ``, true, ""},
	}
	for _, tt := range tests {
		body := `{` + me + `,"nickname":"` + tt.nickname + `"` + rest + tt.tail + `}`
		got, err := client(t, says(200, body)).UserInfo(context.Background(), testAccess, testOpenID, "")
		switch {
		case tt.refused:
			if got != nil || !errors.Is(err, ErrReply) {
				t.Errorf("rule: %s: refused, got %+v, %v", tt.rule, got, err)
			}
		case err != nil || got.OpenID != testOpenID || got.UnionID != tt.unionID:
			t.Errorf("rule: %s: union id %q, got %+v, %v", tt.rule, tt.unionID, got, err)
		}
	}
}

func TestWhatIsDecisiveComesBeforeTheDamage(t *testing.T) {
	for rule, body := range map[string]string{
		"a yes behind a broken text is none":         `{` + me + `,"remark":"\'","subscribe":1}`,
		"a no behind a broken text is none":          `{` + me + `,"remark":"\'","subscribe":0}`,
		"an open id behind a broken text is none":    `{"subscribe":1,"remark":"\'",` + me + `}`,
		"a broken yes is none":                       `{"subscribe":1x,` + me + `}`,
		"a yes twice is none":                        `{"subscribe":1,` + me + `,"remark":"\'","subscribe":1}`,
		"a reply that is cut in a text is none":      `{"subscribe":1,` + me + `,"remark":"ab`,
		"a reply that is cut behind a text is none":  `{"subscribe":1,` + me + `,"remark":"ab"`,
		"a reply that is cut behind a comma is none": `{"subscribe":1,` + me + `,"remark":"\'","groupid":1,`,
		"a reply with more behind it is none":        `{"subscribe":1,` + me + `,"remark":"\'"} {}`,
		"a reply with a name without quotes":         `{"subscribe":1,` + me + `,remark:"a"}`,
		"a reply without a colon":                    `{"subscribe":1,` + me + `,"remark" "a"}`,
		"a list is none":                             `["\'"]`,
		"HTML is none":                               `<html>{"subscribe":1}`,
	} {
		u := newUpstream()
		u.says("info", body)
		token := u.node(t, AccountTokenConfig{})
		if got, err := token.client.Follower(context.Background(), token, testOpenID, ""); got != nil || !errors.Is(err, ErrReply) {
			t.Errorf("rule: %s: %+v, %v", rule, got, err)
		}
	}
}

func TestReadingDamageIsLinear(t *testing.T) {
	for rule, pattern := range map[string]string{
		"quotes":             `"`,
		"quotes and commas":  `",`,
		"almost names":       `","` + strings.Repeat("a", maxName) + `"`,
		"names too long":     `","` + strings.Repeat("a", maxName+1) + `"`,
		"blanks":             `"` + strings.Repeat(" ", 500) + `,` + strings.Repeat(" ", 500),
		"one run of blanks":  `"` + strings.Repeat(" ", 60000) + `,"a`,
		"brackets":           `[`,
		"backslashes":        `\`,
		"names and no colon": `"a" ,`,
	} {
		for _, before := range []string{`{"nickname":"`, `{"nickname":`, `{"nickname":[`} {
			body := []byte(before + strings.Repeat(pattern, defaultMaxReply/len(pattern)) + `}`)
			scan := scanner{body: body}
			scan.valueEnd(len(`{"nickname":`))
			// A quote may look at the longest name behind it, hence the pattern of bare
			// quotes and commas costs the most.
			if most := (2 + maxName) * len(body); scan.steps > most {
				t.Errorf("rule: the work for a broken text grows with its size alone: %s: %d steps for %d bytes", rule, scan.steps, len(body))
			}
		}
	}
}
