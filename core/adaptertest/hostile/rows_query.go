package hostile

import (
	"encoding/base64"
	"strings"
)

// queryRows are about the query of a page: what WeChat, browsers and the app itself
// put into it.
var queryRows = []row{
	{number: 17, rule: "a login ends on the page with the parameters that WeChat adds to shared links", steps: []step{
		loginFromCold("?x=1&from=singlemessage&isappinstalled=0&nsukey=%2Bx%3D"),
	}},
	{number: 18, rule: "a parameter that was added to the callback alone stays in the URL", steps: []step{
		{target: "?x=1&from=singlemessage&code={C1}&state={S1}", page: "?x=1&from=singlemessage", want: "LOGIN", spent: 1},
		{target: callback + "&from=singlemessage", page: "?x=1&from=singlemessage", want: "LOGIN", spent: 1},
	}},
	{number: 19, rule: "only the appended code and state are removed from the query, wherever they stand", steps: []step{
		{target: "?x=1&state={S1}&code={C1}", want: "LOGIN", spent: 1},
		{target: "?x=1&&code={C1}&state={S1}", page: "?x=1&", want: "LOGIN", spent: 1},
		{target: callback + "&", page: "?x=1&", want: "LOGIN", spent: 1},
		{target: "?code={C1}&x=1&state={S1}", want: "LOGIN", spent: 1},
		{target: "?code={C1}&state={S1}", page: orders, want: "LOGIN", spent: 1},
	}},
	{number: 20, rule: "a state with text appended to it is the app's own", steps: []step{
		keptQuery("?x=1&code={C1}&state={S1}https://i.maxthon.cn", "RESTART -> LOGIN"),
	}},
	{number: 21, rule: "a request with the X-Requested-With of WeChat on Android is a navigation", steps: []step{
		{target: callback, head: []string{"X-Requested-With: com.tencent.mm"}, want: "LOGIN", spent: 1},
	}},
	{number: 22, rule: "a query with semicolons comes back as it was", steps: []step{loginFromCold("/engine/list?a=1;b=2")}},
	{number: 23, rule: "a bad escape comes back as it was", steps: []step{loginFromCold("/engine/search?q=100%zz")}},
	{number: 24, rule: "escapes, plus signs and raw UTF-8 come back as they were", steps: []step{
		loginFromCold("/engine/a%2Fb/c+d%20e/%E4%B8%AD/中?q=%2F+%20%E4%B8%AD中&e="),
	}},
	{number: 25, rule: "a path that begins with // or /\\ stays on the site", steps: []step{
		{as: "none", target: "//evil.example/x", page: "//evil.example/x", want: "RESTART -> LOGIN", lands: "ROUTER|CLEAN|PASS"},
		{as: "none", target: `/\evil.example`, page: `/\evil.example`, want: "RESTART -> LOGIN", lands: "ROUTER"},
		{as: "session", target: "//evil.example/x?code={C1}&state={S1}", page: "//evil.example/x", want: "CLEAN", lands: "ROUTER"},
		{as: "session", target: `/\evil.example?code={C1}&state={S1}`, page: `/\evil.example`, want: "CLEAN", lands: "ROUTER"},
	}},
	{number: 26, rule: "a code of the app's own is carried through the login and never exchanged", steps: []step{
		keptQuery(orders+"?code=PROMO", "RESTART -> LOGIN"),
		{as: "none", target: "?code=PROMO", page: "?code=PROMO", want: "RESTART"},
	}},
	{number: 27, rule: "the callback brings the app's own code back, byte for byte", steps: []step{
		{target: "?_wx={b64:code=PROMO}&code={C1}&state={S1}", page: "?code=PROMO", want: "LOGIN", spent: 1},
	}},
	{number: 28, rule: "with a session, a code of the app's own is left to the app", steps: []step{
		{as: "session", target: "?code=PROMO", want: "PASS"},
	}},
	{number: 29, rule: "a state of the app's own is left to the app", steps: []step{
		{as: "session", target: "?state=open", want: "PASS"},
		keptQuery("?state=open", "RESTART -> LOGIN"),
	}},
	{number: 30, rule: "code, state and appid of the app's own come back as they were", steps: []step{
		loginFromCold("?code=PROMO&state=open&appid=7"),
	}},
	{number: 31, rule: "53 characters that are not a state of this library are the app's own", steps: []step{
		{as: "session", target: "?state=" + strings.Repeat("0", 53), want: "PASS"},
		keptQuery("?state="+strings.Repeat("0", 53), "RESTART -> LOGIN"),
		keptQuery("?state="+strings.Repeat("z", 53), "RESTART -> LOGIN"),
	}},
	{number: 32, rule: "Optional starts no login for a code of the app's own", steps: []step{
		{as: "none", target: "/apart/optional?code=PROMO", want: "PASS"},
	}},
	{number: 33, rule: "without a valid state _wx is the app's own", steps: []step{
		{as: "session", target: "?_wx=eDoxMjM", want: "PASS"},
		keptQuery("?_wx=eDoxMjM", "RESTART -> LOGIN"),
	}},
	{number: 34, rule: "a changed _wx can only give another query of the same path", steps: []step{
		{target: "?_wx={b64:y=2}&code={C1}&state={S1}", page: "?y=2", want: "LOGIN", spent: 1},
		{target: "?_wx=" + b64("y=2&next=//evil.example/") + "&code={C1}&state={S1}", page: "?y=2&next=//evil.example/", want: "LOGIN", spent: 1},
	}},
	{number: 35, rule: "an _wx with control bytes or # is dropped", steps: carriedBytes()},
	{number: 36, rule: "an invalid _wx is dropped", steps: []step{
		{target: "?x=1&_wx=!!!&code={C1}&state={S1}", want: "LOGIN", spent: 1},
		{target: "?x=1&_wx=&code={C1}&state={S1}", want: "LOGIN", spent: 1},
		{target: "?x=1&_wx&code={C1}&state={S1}", want: "LOGIN", spent: 1},
		{target: "?x=1&_wx={b64:y=2}==&code={C1}&state={S1}", want: "LOGIN", spent: 1},
		{target: "?x=1&_wx=!&_wx=!&code={C1}&state={S1}", want: "LOGIN", spent: 1},
		{target: "?x=1&_wx={b64:y=2}&_wx=!&code={C1}&state={S1}", want: "LOGIN", spent: 1},
		{target: "?_wx=" + strings.Repeat("a", 100<<10) + "&code={C1}&state={S1}", page: orders, want: "LOGIN|DROP", spent: 1},
	}},
	{number: 37, rule: "a code and a state inside _wx are not an answer from WeChat", run: answerInside},
	{number: 38, rule: "a callback moved to another page logs the same person in there", steps: []step{
		{target: "/engine/admin?code={C1}&state={S1}", page: "/engine/admin", want: "LOGIN", spent: 1},
		{as: "session", target: "/engine/admin?code={C1}&state={S1}", page: "/engine/admin", want: "CLEAN"},
	}},
	{number: 39, rule: "a callback with a changed query keeps that query", steps: []step{
		{target: "?x=2&code={C1}&state={S1}", page: "?x=2", want: "LOGIN", spent: 1},
	}},
	{number: 40, rule: "the router decides about other spellings of a path, and none of them lets an anonymous visitor in", steps: otherSpellings()},
}

// loginFromCold is a login of a browser without cookies that ends on the page, byte
// for byte.
func loginFromCold(page string) step {
	return step{as: "none", target: page, page: page, want: "RESTART -> LOGIN"}
}

// keptQuery is a target whose parameters all belong to the app.
func keptQuery(target, want string) step { return step{target: target, page: target, want: want} }

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func carriedBytes() (all []step) {
	for _, text := range []string{"\r\nSet-Cookie: a=b", "#x", "a=1\x00", "a=1\x7f", "\t//evil.example", "a b"} {
		target := "?x=1&_wx=" + b64(text) + "&code={C1}&state={S1}"
		all = append(all, step{target: target, want: "LOGIN", spent: 1}, step{as: "session", target: target, want: "CLEAN"})
	}
	return all
}

func answerInside(s *scenario) {
	carried := s.fill("code={C2}&state={S2}")
	s.do(step{target: "?_wx=" + b64(carried) + "&code={C1}&state={S1}", page: orders + "?" + carried, want: "LOGIN", spent: 1, lands: "CLEAN"})
	s.do(step{target: orders + "?" + carried, page: orders, want: "CLEAN"})
}

func otherSpellings() (all []step) {
	for _, path := range []string{"/engine/orders/7/", "//engine/orders/7", "/ENGINE/ORDERS/7", "/engine/orders/./7", "/engine/orders/%37", "/engine/orders/7%00"} {
		all = append(all, step{target: path + "?code={C1}&state={S1}", page: path, want: "LOGIN|ROUTER|DROP", spent: 1, lands: "PASS|ROUTER|DROP"})
	}
	return all
}
