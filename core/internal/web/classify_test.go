package web

import (
	"strings"
	"testing"
)

// Every user agent that was seen is inside WeChat, its mini programs' web views
// among them, or outside, as WeCom is.
func TestUserAgentsAreClassified(t *testing.T) {
	rows := linesOf(t, "testdata/useragents.tsv")[1:]
	seen := map[string]int{}
	for _, row := range rows {
		fields := strings.Split(row, "\t")
		if len(fields) != 3 {
			t.Fatalf("%q has %d fields", row, len(fields))
		}
		var want Client
		switch fields[1] {
		case "wechat", "wechat-miniprogram":
			want = InsideWeChat
		case "wecom":
			want = OutsideWeChat
		case "other":
			want = Desktop
		default:
			t.Fatalf("%q is no client that is known", fields[1])
		}
		seen[fields[1]]++
		for _, ua := range []string{fields[2], strings.ToLower(fields[2]), strings.ToUpper(fields[2])} {
			if got := ClientOf(ua); got != want {
				t.Errorf("%s (%s) is classified as %d, want %d: %s", fields[0], fields[1], got, want, ua)
			}
		}
	}
	t.Logf("%d user agents: %v", len(rows), seen)
	if seen["wechat"] == 0 || seen["wechat-miniprogram"] == 0 || seen["wecom"] == 0 || seen["other"] == 0 {
		t.Errorf("not every client is there: %v", seen)
	}
}

func TestPhonesAndProgramsAreNoDesktops(t *testing.T) {
	const chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36"
	for rule, c := range map[string]struct {
		ua   string
		want Client
	}{
		"Chrome on Windows is one":                    {chrome, Desktop},
		"Safari on a Mac is one":                      {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15", Desktop},
		"Firefox on Linux is one":                     {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", Desktop},
		"an iPad that says it is a Mac is one":        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", Desktop},
		"a tablet with Android is one":                {"Mozilla/5.0 (Linux; Android 14; SM-X910) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", Desktop},
		"the shortest user agent of a browser":        {"Mozilla/", Desktop},
		"in any case":                                 {strings.ToUpper(chrome), Desktop},
		"Safari on an iPhone is a phone":              {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", OutsideWeChat},
		"Chrome on Android is a phone":                {"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", OutsideWeChat},
		"Firefox on Android is a phone":               {"Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0", OutsideWeChat},
		"Opera Mobi is a phone":                       {"Mozilla/5.0 (Linux; Opera Mobi) Presto", OutsideWeChat},
		"a phone in any case":                         {strings.ToUpper(chrome + " mobile"), OutsideWeChat},
		"WeCom on Windows has codes of its own":       {chrome + " wxwork/4.1.0 MicroMessenger/7.0.1 WindowsWechat", OutsideWeChat},
		"and also where it does not say WeChat":       {chrome + " wxwork/4.1.0", OutsideWeChat},
		"no user agent is no browser":                 {"", OutsideWeChat},
		"part of the name is none":                    {"Mozilla", OutsideWeChat},
		"a program is no browser":                     {"curl/8.5.0", OutsideWeChat},
		"a program that names a browser is none":      {"check (" + chrome + ")", OutsideWeChat},
		"WeChat on Windows is inside":                 {chrome + " NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090c37)", InsideWeChat},
		"and where a program says it without Mozilla": {"MicroMessenger", InsideWeChat},
	} {
		if got := ClientOf(c.ua); got != c.want {
			t.Errorf("rule: %s: %q is %d, want %d", rule, c.ua, got, c.want)
		}
	}
}

func TestARequestIsTakenForWhatItIs(t *testing.T) {
	html := []string{"Accept", "text/html"}
	page := func(pairs ...string) Header { return with(append(html, pairs...)...) }
	for rule, c := range map[string]struct {
		method string
		header Header
		want   Kind
	}{
		"a page":                                   {"GET", page(), Navigation},
		"a page that offers h2c":                   {"GET", page("Upgrade", "h2c", "Connection", "Upgrade, HTTP2-Settings"), Navigation},
		"a page that offers another TLS":           {"GET", page("Upgrade", "TLS/1.3"), Navigation},
		"a web socket":                             {"GET", page("Upgrade", "websocket"), Script},
		"a web socket among others":                {"GET", page("Upgrade", "h2c, WebSocket"), Script},
		"a CORS preflight":                         {"OPTIONS", with("Origin", "https://a.example", "Access-Control-Request-Method", "PUT", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"), Preflight},
		"OPTIONS without an origin":                {"OPTIONS", with("Access-Control-Request-Method", "PUT"), Script},
		"OPTIONS without a method asked for":       {"OPTIONS", with("Origin", "https://a.example"), Script},
		"GET with a preflight's headers":           {"GET", page("Origin", "https://a.example", "Access-Control-Request-Method", "PUT"), Navigation},
		"htmx":                                     {"GET", page("HX-Request", "true"), Script},
		"a Turbo frame":                            {"GET", page("Turbo-Frame", "list"), Script},
		"Turbo's own visit":                        {"GET", page("X-Turbo-Request-Id", "1"), Script},
		"Unpoly":                                   {"GET", page("X-Up-Version", "3.7"), Script},
		"PJAX":                                     {"GET", page("X-PJAX", "true"), Script},
		"Inertia":                                  {"GET", page("X-Inertia", "true"), Script},
		"Livewire":                                 {"GET", page("X-Livewire", "true"), Script},
		"X-Requested-With: XMLHttpRequest":         {"GET", page("X-Requested-With", "XMLHttpRequest"), Script},
		"X-Requested-With: Fetch":                  {"GET", page("X-Requested-With", "Fetch"), Script},
		"X-Requested-With of an Android web view":  {"GET", page("X-Requested-With", "com.tencent.mm"), Navigation},
		"htmx's name in a navigation that says so": {"GET", page("HX-Request", "true", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"), Navigation},
		"a form":                                   {"POST", page(), Script},
		"fetch is a script":                        {"GET", page("Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "cors"), Script},
		"fetch in a frame":                         {"GET", with("Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "same-origin"), Script},
		"a navigation to nowhere in particular":    {"GET", with("Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "navigate"), Navigation},
		"nowhere in particular, without the mode":  {"GET", page("Sec-Fetch-Dest", "empty"), Script},
		"a document":                               {"GET", with("Sec-Fetch-Dest", "document"), Navigation},
		"a page inside a frame":                    {"GET", page("Sec-Fetch-Dest", "iframe", "Sec-Fetch-Mode", "navigate"), Frame},
		"a prefetch":                               {"GET", page("Sec-Purpose", "prefetch;prerender", "Sec-Fetch-Mode", "navigate"), Script},
	} {
		if got := KindOf(c.method, "/", c.header); got != c.want {
			t.Errorf("rule: %s: %d, want %d", rule, got, c.want)
		}
	}
}

func TestAnotherSitesRequestIsTold(t *testing.T) {
	at := Origin{"https", "app.example.com", ""}
	for rule, c := range map[string]struct {
		header Header
		want   bool
	}{
		"nothing said":                      {with(), false},
		"same origin":                       {with("Sec-Fetch-Site", "same-origin", "Origin", "null"), false},
		"typed":                             {with("Sec-Fetch-Site", "none"), false},
		"a sibling domain":                  {with("Sec-Fetch-Site", "same-site"), true},
		"another site":                      {with("Sec-Fetch-Site", "cross-site"), true},
		"another site with Origin null":     {with("Sec-Fetch-Site", "cross-site", "Origin", "null"), true},
		"Origin null says nothing":          {with("Origin", "null"), false},
		"our Origin":                        {with("Origin", "https://app.example.com"), false},
		"another Origin":                    {with("Origin", "https://evil.example"), true},
		"our Origin over http":              {with("Origin", "http://app.example.com"), true},
		"our Origin with a port of its own": {with("Origin", "https://app.example.com:8443"), true},
	} {
		if got := CrossSite(c.header, at); got != c.want {
			t.Errorf("rule: %s: %v, want %v", rule, got, c.want)
		}
	}
}
