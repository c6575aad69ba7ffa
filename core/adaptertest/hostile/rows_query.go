package hostile

import (
	"encoding/base64"
	"strings"
)

// Queries that WeChat, browsers and apps themselves make of a page's address.
var queryRows = []row{
	{number: 17, rule: "a login ends on what WeChat adds to shared links", steps: []step{
		loginFromCold("?x=1&from=singlemessage&isappinstalled=0&nsukey=%2Bx%3D"),
	}},
	{number: 18, rule: "what was added to the callback alone stays in the URL", steps: []step{
		{target: "?x=1&from=singlemessage&code={C1}&state={S1}", page: "?x=1&from=singlemessage", want: "LOGIN", spent: 1},
		{target: callback + "&from=singlemessage", page: "?x=1&from=singlemessage", want: "LOGIN", spent: 1},
	}},
	{number: 19, rule: "only the two appended pairs are cut out, wherever they stand", steps: []step{
		{target: "?x=1&state={S1}&code={C1}", want: "LOGIN", spent: 1},
		{target: "?x=1&&code={C1}&state={S1}", page: "?x=1&", want: "LOGIN", spent: 1},
		{target: callback + "&", page: "?x=1&", want: "LOGIN", spent: 1},
		{target: "?code={C1}&x=1&state={S1}", want: "LOGIN", spent: 1},
		{target: "?code={C1}&state={S1}", page: orders, want: "LOGIN", spent: 1},
	}},
	{number: 20, rule: "a state with something glued to it is not ours", steps: []step{
		keptQuery("?x=1&code={C1}&state={S1}https://i.maxthon.cn", "RESTART -> LOGIN"),
	}},
	{number: 21, rule: "Android's X-Requested-With is a navigation", steps: []step{
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
	{number: 26, rule: "a code of the app's own is carried, not exchanged", steps: []step{
		keptQuery(orders+"?code=PROMO", "RESTART -> LOGIN"),
		{as: "none", target: "?code=PROMO", page: "?code=PROMO", want: "RESTART"},
	}},
	{number: 27, rule: "the callback brings the app's own code back, byte for byte", steps: []step{
		{target: "?_wx={b64:code=PROMO}&code={C1}&state={S1}", page: "?code=PROMO", want: "LOGIN", spent: 1},
	}},
	{number: 28, rule: "logged in, a code of the app's own is left to the app", steps: []step{
		{as: "session", target: "?code=PROMO", want: "PASS"},
	}},
	{number: 29, rule: "a state of the app's own is left to the app", steps: []step{
		{as: "session", target: "?state=open", want: "PASS"},
		keptQuery("?state=open", "RESTART -> LOGIN"),
	}},
	{number: 30, rule: "code, state and appid of the app's own come back as they were", steps: []step{
		loginFromCold("?code=PROMO&state=open&appid=7"),
	}},
	{number: 31, rule: "53 characters that are no state of ours are the app's own", steps: []step{
		{as: "session", target: "?state=" + strings.Repeat("0", 53), want: "PASS"},
		keptQuery("?state="+strings.Repeat("0", 53), "RESTART -> LOGIN"),
		keptQuery("?state="+strings.Repeat("z", 53), "RESTART -> LOGIN"),
	}},
	{number: 32, rule: "Optional starts nothing for a code of the app's own", steps: []step{
		{as: "none", target: "/apart/optional?code=PROMO", want: "PASS"},
	}},
	{number: 33, rule: "without a state of ours _wx is the app's own", steps: []step{
		{as: "session", target: "?_wx=eDoxMjM", want: "PASS"},
		keptQuery("?_wx=eDoxMjM", "RESTART -> LOGIN"),
	}},
	{number: 34, rule: "an exchanged _wx is only ever another query of the same path", steps: []step{
		{target: "?_wx={b64:y=2}&code={C1}&state={S1}", page: "?y=2", want: "LOGIN", spent: 1},
		{target: "?_wx=" + b64("y=2&next=//evil.example/") + "&code={C1}&state={S1}", page: "?y=2&next=//evil.example/", want: "LOGIN", spent: 1},
	}},
	{number: 35, rule: "an _wx with control bytes or # is dropped", steps: carriedBytes()},
	{number: 36, rule: "an _wx that is none is dropped", steps: []step{
		{target: "?x=1&_wx=!!!&code={C1}&state={S1}", want: "LOGIN", spent: 1},
		{target: "?x=1&_wx=&code={C1}&state={S1}", want: "LOGIN", spent: 1},
		{target: "?x=1&_wx&code={C1}&state={S1}", want: "LOGIN", spent: 1},
		{target: "?x=1&_wx={b64:y=2}==&code={C1}&state={S1}", want: "LOGIN", spent: 1},
		{target: "?x=1&_wx=!&_wx=!&code={C1}&state={S1}", want: "LOGIN", spent: 1},
		{target: "?x=1&_wx={b64:y=2}&_wx=!&code={C1}&state={S1}", want: "LOGIN", spent: 1},
		{target: "?_wx=" + strings.Repeat("a", 100<<10) + "&code={C1}&state={S1}", page: orders, want: "LOGIN|DROP", spent: 1},
	}},
	{number: 37, rule: "what is inside _wx is no answer from WeChat", run: answerInside},
	{number: 38, rule: "a callback on another page logs the same person in there", steps: []step{
		{target: "/engine/admin?code={C1}&state={S1}", page: "/engine/admin", want: "LOGIN", spent: 1},
		{as: "session", target: "/engine/admin?code={C1}&state={S1}", page: "/engine/admin", want: "CLEAN"},
	}},
	{number: 39, rule: "a callback with another query keeps that query", steps: []step{
		{target: "?x=2&code={C1}&state={S1}", page: "?x=2", want: "LOGIN", spent: 1},
	}},
	{number: 40, rule: "spellings of a path are the router's affair, and closed to nobody", steps: otherSpellings()},
}

// loginFromCold is a login from cold, with no cookie, that ends on the page byte for byte.
func loginFromCold(page string) step {
	return step{as: "none", target: page, page: page, want: "RESTART -> LOGIN"}
}

// keptQuery is a target whose parameters are all the app's own.
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
