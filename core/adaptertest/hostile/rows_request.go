package hostile

import (
	"strings"
)

// requestRows are about requests that are not page navigations, and about malformed
// requests.
var requestRows = []row{
	{number: 84, rule: "HEAD never spends a code", run: func(s *scenario) {
		s.do(step{method: "HEAD", target: callback, want: "REFUSE-401"})
		s.do(step{target: callback, want: "LOGIN", spent: 1})
	}},
	{number: 85, rule: "a form post is refused without a session, and reaches the handler whole with one", steps: otherMethods()},
	{number: 86, rule: "a script gets a 401 with the login URL, and nothing else", steps: refusedWith(
		"X-Requested-With: XMLHttpRequest", "Sec-Fetch-Mode: cors", "Sec-Fetch-Mode: same-origin", "Sec-Fetch-Mode: no-cors",
		"Accept: application/json", "Accept: text/event-stream", "Accept: */*", "Upgrade: websocket\r\nConnection: Upgrade",
	)},
	{number: 87, rule: "an image, script, style or font is not a navigation, and a frame gets a page", steps: append(refusedWith(
		"Sec-Fetch-Dest: image", "Sec-Fetch-Dest: script", "Sec-Fetch-Dest: style", "Sec-Fetch-Dest: font", "Sec-Fetch-Dest: empty",
	),
		step{head: []string{"Sec-Fetch-Dest: iframe"}, target: callback, want: "PAGE-403 frame"},
		step{head: []string{"Sec-Fetch-Dest: iframe", "Sec-Fetch-Mode: navigate"}, target: callback, want: "PAGE-403 frame"},
	)},
	{number: 88, rule: "a prefetch never spends a code", run: func(s *scenario) {
		for _, line := range []string{"Sec-Purpose: prefetch", "Sec-Purpose: prefetch;prerender", "Purpose: prefetch", "X-Moz: prefetch"} {
			s.do(step{head: []string{line}, target: callback, want: "REFUSE-401"})
		}
		s.do(step{target: callback, want: "LOGIN", spent: 1})
	}},
	{number: 89, rule: "only GET is a navigation", steps: []step{
		{method: "TRACE", target: callback, want: "REFUSE-401|DROP"},
		{method: "CONNECT", target: callback, want: "REFUSE-401|DROP"},
		{method: "gEt", target: callback, want: "REFUSE-401|DROP"},
		{method: "get", target: callback, want: "REFUSE-401|DROP"},
		{method: strings.Repeat("M", 1<<20), target: callback, want: "REFUSE-401|DROP"},
	}},
	{number: 90, rule: "a login is never answered 304 or 206, and never waits for a request body", steps: []step{
		{head: []string{`If-None-Match: "x"`, `If-None-Match: *`}, target: callback, want: "LOGIN", spent: 1},
		{head: []string{"If-Modified-Since: Sat, 01 Jan 2050 00:00:00 GMT"}, target: callback, want: "LOGIN", spent: 1},
		{head: []string{"Range: bytes=0-0"}, target: callback, want: "LOGIN", spent: 1},
		{head: []string{"Content-Length: 104857600"}, target: callback, want: "LOGIN|DROP", spent: 1},
	}},
	{number: 91, rule: "the Host header changes nothing when the public URL is configured", steps: []step{
		{host: "evil.example", target: callback, want: "LOGIN", spent: 1},
		{host: "evil.example:8443", target: callback, want: "LOGIN", spent: 1},
		{host: "evil.example", target: asked, want: "RESTART"},
	}},
	{
		number: 91, rule: "an absolute request line is read as its path and query, whatever host it names (RFC 9112 section 3.2.2)",
		steps: []step{
			{target: "http://evil.example" + orders + callback, want: "LOGIN", spent: 1},
			{target: "https://app.example.com" + orders + callback, want: "LOGIN", spent: 1},
			{target: "HTTP://APP.EXAMPLE.COM:80" + orders + callback, want: "LOGIN", spent: 1},
		},
	},
	{number: 92, rule: "no forwarded header changes anything when the public URL is configured", steps: forwarded()},
	{number: 93, rule: "a malformed request is dropped or logs in as usual, and an odd Host changes nothing", steps: brokenFrames()},
	{number: 94, rule: "a request with too many cookies ends in a login, a restart or 431", steps: []step{
		{cookie: "a=" + strings.Repeat("x", 4100) + "; {K1}", target: callback, want: "LOGIN|RESTART|DROP", spent: 1},
		{cookie: "a=" + strings.Repeat("x", 64<<10) + "; {K1}", target: callback, want: "LOGIN|RESTART|DROP", spent: 1},
		{cookie: strings.Repeat("a=1; ", 3000) + "{K1}", target: callback, want: "LOGIN|RESTART|DROP", spent: 1},
	}},
}

func otherMethods() (all []step) {
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		h := step{method: method, target: callback, want: "REFUSE-401"}
		if method == "POST" {
			h.head = []string{"X-HTTP-Method-Override: GET", "Content-Type: application/x-www-form-urlencoded"}
			h.want, h.page = "PAGE-401 log-in-again", "/login?to=%2F" // without a Referer
		}
		h.body = "a=1&code={C1}&state={S1}\x00\xff"
		in := h
		in.as, in.want, in.page = "session", "PASS", ""
		all = append(all, h, in)
	}
	return all
}

func refusedWith(headers ...string) (all []step) {
	for _, header := range headers {
		h := step{head: []string{header}, target: callback, want: "REFUSE-401"}
		cold := h
		cold.as = "none"
		all = append(all, h, cold)
	}
	return all
}

func forwarded() (all []step) {
	for _, header := range []string{
		"X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http", "X-Forwarded-Uri: /evil", "X-Forwarded-Prefix: /evil",
		"X-Forwarded-For: 10.0.0.1", "Forwarded: host=evil.example;proto=http", "X-Original-URL: /evil", "X-Rewrite-URL: /evil",
		"X-Forwarded-Server: evil.example", "X-Host: evil.example",
	} {
		all = append(all,
			step{head: []string{header}, target: callback, want: "LOGIN", spent: 1},
			step{head: []string{header}, target: asked, want: "RESTART"},
		)
	}
	return all
}

func brokenFrames() (all []step) {
	for _, host := range []string{"-", `evil\.example`, "evil\rexample", "evil\x00example", "", "a b", "[::1"} {
		if host == "" {
			host = " "
		}
		all = append(all, step{host: host, target: callback, want: "LOGIN|DROP", spent: 1})
	}
	for _, broken := range []struct{ lines, tail string }{
		{"Host: evil.example", ""},
		{"Content-Length: 3\r\nContent-Length: 4", "abcd"},
		{"Content-Length: 3\r\nTransfer-Encoding: chunked", "0\r\n\r\n"},
		{"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"},
		{"Transfer-Encoding: chunked, identity", "0\r\n\r\n"},
		{"Transfer-Encoding: identity, chunked", "0\r\n\r\n"},
		{"Content-Length: -1", ""},
		{"Content-Length: +3", "abc"},
	} {
		all = append(all, step{head: strings.Split(broken.lines, "\r\n"), tail: broken.tail, target: callback, want: "LOGIN|DROP", spent: 1})
	}
	return all
}
