package differ_test

import (
	"fmt"
	"strings"
)

// odd are the requests: name to bytes. HOST and COOKIE stand for the app's address and
// the session of a visitor who is logged in.
func odd() map[string]string {
	const wechat = "User-Agent: MicroMessenger\r\nAccept: text/html\r\n"
	all := map[string]string{}
	for who, cookie := range map[string]string{"anonymous": "", "logged in": "Cookie: COOKIE\r\n"} {
		add := func(name, line, lines, body string) {
			all[who+": "+name] = line + " HTTP/1.1\r\n" + lines + cookie + "\r\n" + body
		}
		for _, target := range targets() {
			add("GET "+short(target), "GET "+target, "Host: HOST\r\n"+wechat, "")
		}
		for _, method := range []string{"HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "gEt", "PROPFIND", "M-SEARCH", strings.Repeat("M", 300), "G@T", "G T"} {
			add("method "+short(method), method+" /engine/a?x=1", "Host: HOST\r\nContent-Length: 0\r\n"+wechat, "")
		}
		for _, lines := range []string{
			"Host: evil.example", "Host: evil.example:8443", "Host: HOST\r\nHost: evil.example", "host: HOST", "HOST: HOST", "Host:HOST",
			"Host: ", "X-No-Host: 1", "Host: a b", `Host: evil\.example`, "Host: [::1", "Host: 中.example", "Host: user@evil.example", "Host: HOST/evil",
		} {
			add("host "+short(lines), "GET /engine/a", lines+"\r\n"+wechat, "")
		}
		for _, lines := range []string{
			"user-agent: MicroMessenger\r\naccept: text/html", "USER-AGENT: MicroMessenger\r\nACCEPT: text/html", "User-Agent:MicroMessenger\r\nAccept:text/html",
			"User-Agent: MicroMessenger\r\nUser-Agent: curl\r\nAccept: text/html", "User-Agent: curl\r\nUser-Agent: MicroMessenger\r\nAccept: text/html",
			"User-Agent: MicroMessenger\r\nAccept: */*\r\nAccept: text/html", "User-Agent: MicroMessenger", "Accept: text/html", "X: 1",
			"User-Agent: MicroMessenger\r\nAccept: text/html\r\nX-Requested-With: XMLHttpRequest", "User-Agent: MicroMessenger\r\nAccept: text/html\r\nX-Requested-With: com.tencent.mm",
			"User-Agent: MicroMessenger\r\nAccept: text/html\r\nSec-Fetch-Mode: cors", "User-Agent: MicroMessenger\r\nAccept: text/html\r\nSec-Fetch-Dest: iframe",
			"User-Agent: MicroMessenger\r\nAccept: text/html\r\nSec-Purpose: prefetch", "User-Agent: MicroMessenger\r\nAccept: text/html\r\nUpgrade: websocket\r\nConnection: Upgrade",
			"User-Agent: MicroMessenger wxwork/4\r\nAccept: text/html", "User-Agent: MicroMessenger\r\n folded\r\nAccept: text/html", "User-Agent : MicroMessenger\r\nAccept: text/html",
			"User-Agent: MicroMessenger\r\nAccept: text/html\r\nno colon", "User-Agent: MicroMessenger\r\nAccept: text/html\r\n: empty name", "User-Agent: Micro\x00Messenger\r\nAccept: text/html",
			"User-Agent: MicroMessenger\r\nAccept: text/html\r\nX-\xff: 1", "User-Agent: MicroMessenger\r\nAccept: text/html\r\nX-Long: " + strings.Repeat("x", 3000),
			"User-Agent: MicroMessenger\r\nAccept: text/html\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https", "User-Agent: MicroMessenger\r\nAccept: text/html\r\nX-Original-URL: /evil",
			"User-Agent: MicroMessenger\r\nAccept: text/html\r\nX-HTTP-Method-Override: POST",
		} {
			add("headers "+short(lines), "GET /engine/a", "Host: HOST\r\n"+lines+"\r\n", "")
		}
		for _, line := range []string{
			"a=1", "a", "=", ";;;", "a=1;b=2", "a=\"1\"", "a=1, b=2", "a=中", "a=\x01", strings.Repeat("a=1; ", 100) + "b=2", "wechat_login_wx=1", "session=" + strings.Repeat("s", 43),
		} {
			add("cookie "+short(line), "GET /engine/a", "Host: HOST\r\n"+wechat+"Cookie: "+line+"\r\n", "")
		}
		for name, body := range map[string][2]string{
			"length": {"Content-Length: 3\r\n", "abc"}, "chunks": {"Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"},
			"two lengths": {"Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"}, "same length twice": {"Content-Length: 3\r\nContent-Length: 3\r\n", "abc"},
			"length and chunks": {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"}, "negative length": {"Content-Length: -1\r\n", ""},
			"plus length": {"Content-Length: +3\r\n", "abc"}, "identity": {"Transfer-Encoding: identity\r\n", ""},
			"chunked twice": {"Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"}, "bad chunk": {"Transfer-Encoding: chunked\r\n", "zz\r\n"},
			"a form":     {"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 12\r\n", "a=1&code=2&x"},
			"null bytes": {"Content-Length: 2\r\n", "\x00\xff"},
		} {
			add("body with "+name, "POST /engine/a", "Host: HOST\r\n"+wechat+body[0], body[1])
		}
	}
	return all
}

func targets() []string {
	return []string{
		"/", "/engine/a", "/engine/", "/engine", "//", "//evil.example/x", "///evil.example", `/\evil.example`, "/engine//a", "/engine/a/", "/engine/./a", "/engine/../a", "/engine/%2e%2e/a",
		"/engine/a%2Fb", "/engine/a%2fb", "/engine/%", "/engine/%zz", "/engine/%00", "/engine/%0d%0aX:1", "/engine/a;b", "/engine/a?b;c", "/engine/a?", "/engine/a??", "/engine/a?x=%zz",
		"/engine/中", "/engine/%E4%B8%AD", "/engine/\xff", "/engine/a b", "/engine/a\tb", "/engine/a#b", "/engine/a?x=#b", "/engine/a?code=PROMO", "/engine/a?state=open", "/engine/a?code=1&state=2",
		"/engine/a?_wx=x", "/engine/a?x=1&x=2", "/ENGINE/a", "/no/such/page", "/engine/'\"<>", "/engine/a|b", "/engine/a{b}", "/engine/a^b`", "/engine/" + strings.Repeat("a", 900), "/engine/a?" + strings.Repeat("b", 2500),
		"http://HOST/engine/a", "http://evil.example/engine/a?x=1", "https://evil.example/engine/a", "HTTP://HOST/engine/a", "http://HOST", "http:/engine/a", "ftp://HOST/engine/a", "http://user@HOST/engine/a",
		"*", "engine/a", "?x=1", "HOST:80", "", ".", "%2Fengine", "javascript:alert(1)",
	}
}

// short keeps a name readable.
func short(text string) string {
	if len(text) > 120 {
		return fmt.Sprintf("%q and more, %d bytes", text[:30], len(text))
	}
	return fmt.Sprintf("%q", text)
}
