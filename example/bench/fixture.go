package main

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core"
)

// One fixture for everybody: the same visitor, the same request, the same answer.
const (
	appID  = "wx3f5b8c1d9e7a2046"
	secret = "made-up-secret-of-the-benchmarks"
	host   = "app.example.com"
	page   = "/me"
	person = "mei"
	answer = "ok"
)

// okBytes is the answer of every handler: making it anew would cost everybody an
// allocation. Nobody changes it.
var okBytes = []byte(answer)

// complete makes of a fresh login a user with all 13 fields. WeChat sends some of
// them empty nowadays; the peers are measured with the same, so that nobody is
// cheap for having less to carry.
func complete(u *core.User) {
	*u = core.User{
		AppID: u.AppID, OpenID: u.OpenID, UnionID: "o6_bmasdasdsad6_2sgVt7hMZOPf", Scope: core.Prompt,
		Nickname: "小美🌸在春江潮水连海平",
		Avatar:   "https://thirdwx.qlogo.cn/mmopen/vi_32/Q0j4TwGTfTKMezSxtOBfwtFe3Bwe2oW9MzRnPbKxeSZ0QhXw/132",
		Sex:      2, Country: "中国", Province: "广东", City: "深圳",
		Privilege: []string{"chinaunicom"}, LoggedInAt: u.LoggedInAt, AppUserID: "user-0000018446744",
	}
}

// visitor is the user that the peers carry.
func visitor(openID string) core.User {
	u := core.User{AppID: appID, OpenID: openID, LoggedInAt: time.Now().Truncate(time.Second)}
	complete(&u)
	return u
}

// browserHeaders are what WeChat's browser sends beside the cookies.
func browserHeaders() [][2]string {
	return [][2]string{
		{"User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60(0x18003c2f) NetType/WIFI Language/zh_CN"},
		{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
		{"Accept-Language", "zh-CN,zh-Hans;q=0.9"},
		{"Accept-Encoding", "gzip, deflate, br"},
		{"Sec-Fetch-Dest", "document"},
		{"Sec-Fetch-Mode", "navigate"},
		{"Sec-Fetch-Site", "none"},
	}
}

// scriptHeaders are those of a fetch() in a page.
func scriptHeaders() [][2]string {
	h := browserHeaders()
	h[1][1], h[4][1], h[5][1], h[6][1] = "*/*", "empty", "cors", "same-origin"
	return h
}

// strangers are the cookies that every visitor has; the session comes last.
const strangers = "_ga=GA1.2.1172351913.1751330400; theme=dark"

func cookieLine(session string) string {
	if session == "" {
		return strangers
	}
	return strangers + "; " + session
}

// raw is a request as it comes over the wire, so that net/http and fasthttp both
// see what their own servers would have made of it.
func raw(target string, headers [][2]string, cookies string) []byte {
	var b strings.Builder
	b.WriteString("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n")
	for _, h := range headers {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	b.WriteString("Cookie: " + cookies + "\r\n\r\n")
	return []byte(b.String())
}

func httpRequest(target string, headers [][2]string, cookies string) *http.Request {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw(target, headers, cookies))))
	if err != nil {
		panic(err) // the request is ours
	}
	return r
}

// scanCookie finds a cookie without allocating: what scs's r.Cookie costs twice,
// contestants written by hand need not pay.
func scanCookie(line, name string) string {
	for line != "" {
		var pair string
		pair, line, _ = strings.Cut(line, ";")
		pair = strings.TrimLeft(pair, " ")
		if len(pair) > len(name) && pair[len(name)] == '=' && pair[:len(name)] == name {
			return pair[len(name)+1:]
		}
	}
	return ""
}
