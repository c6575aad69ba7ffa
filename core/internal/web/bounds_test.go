package web

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

func TestEveryByteHasItsPlace(t *testing.T) {
	const word = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"
	for c := range 256 {
		s := string([]byte{byte(c)})
		if got, want := IsWord("a"+s+"a"), c < 128 && strings.Contains(word, s); got != want {
			t.Errorf("rule: a word holds letters, digits, _ and -: %q %v", s, got)
		}
		if got, want := isTargetText("a"+s+"a"), c > ' ' && c != 0x7f && c != '#'; got != want {
			t.Errorf("rule: a target holds no control byte, no blank and no #: %q %v", s, got)
		}
		escaped := c <= ' ' || c >= 0x7f || strings.Contains("\"<>\\^`{|}", s)
		if got := escapeBytes("a" + s + "b"); (got != "a"+s+"b") != escaped || escaped && got != "a%"+strings.ToUpper(hex(c))+"b" {
			t.Errorf("rule: what a URL may not hold is percent-encoded, nothing else: %q is %q", s, got)
		}
	}
	if !IsWord("") || !isTargetText("") || escapeBytes("") != "" {
		t.Error("rule: no byte is no wrong byte")
	}
}

func hex(c int) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}

func TestAHostIsANameOrAnAddress(t *testing.T) {
	for host, want := range map[string]bool{
		"a": true, "a.b": true, "A-b_c.1": true, "127.0.0.1": true, "a:1": true, "a:65535": true, "a:99999": true,
		"[::1]": true, "[::1]:80": true, "[fe80::1]": true, "[1.2.3.4]": true,
		strings.Repeat("a", 255) + ":65535":  true,
		strings.Repeat("a", 255) + ":655350": false, strings.Repeat("a", 262): false, strings.Repeat("a", 261): true,
		"": false, ":80": false, "a:": false, "a:123456": false, "a:8o": false, "a:/": false, "a:1:2": false, "a::": false,
		"[]": false, "[": false, "[::1": false, "[::1]80": false, "[::1]:": false, "[::1]:x": false, "[::1]:123456": false, "[a]": false, "[::1]x": false,
		"::1": false, "a/b": false, "a b": false, "a@b": false, "é": false, "a%2f": false, "a:0": true, "a:9": true, "a::9": false, "a:;": false,
	} {
		if got := ValidHost(host); got != want {
			t.Errorf("rule: %.40q can stand in a URL: %v, got %v", host, want, got)
		}
	}
	for _, raw := range []string{"https://%zz", "https://a b", "https://a\x7f", "https://[::1"} {
		if _, ok := ParsePublicURL(raw); ok {
			t.Errorf("rule: what is no URL is no public URL: %q", raw)
		}
	}
	if _, ok := NewOrigin("ftp", "a"); ok {
		t.Error("rule: a site is http or https")
	}
	if o, ok := NewOrigin("https", "a/b"); ok || o.Scheme != "https" || o.Host != "" {
		t.Errorf("rule: the scheme is right where the host is none: %v %v", o, ok)
	}
	if !(Origin{Scheme: "https"}).IsHTTPS() || (Origin{Scheme: "http"}).IsHTTPS() {
		t.Error("rule: https is https alone")
	}
}

func TestTheNearestProxyDecides(t *testing.T) {
	for rule, c := range map[string]struct {
		header       Header
		scheme, host string
		direct       bool
		origin       string
	}{
		"no proxy":                       {with(), "", "", true, "http://conn"},
		"the last of a list":             {with("X-Forwarded-Proto", "ftp,https", "X-Forwarded-Host", "evil, a"), "https", "a", false, "https://a"},
		"the last of several lines":      {with("X-Forwarded-Proto", "http", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil", "X-Forwarded-Host", "a"), "https", "a", false, "https://a"},
		"the last of the last line":      {with("X-Forwarded-Host", "a", "X-Forwarded-Host", "evil,b"), "", "b", false, "http://b"},
		"an empty last value is no host": {with("X-Forwarded-Host", "evil,"), "", "", false, "http://conn"},
	} {
		scheme, host, direct := Forwarded(c.header)
		if scheme != c.scheme || host != c.host || direct != c.direct {
			t.Errorf("rule: %s: %q %q %v", rule, scheme, host, direct)
		}
		if o, ok := OriginOf("conn", false, c.header, true); !ok || o.String() != c.origin {
			t.Errorf("rule: %s: %v %v", rule, o, ok)
		}
		if o, ok := OriginOf("conn", true, c.header, false); !ok || o.String() != "https://conn" {
			t.Errorf("rule: without trust no proxy decides: %s: %v", rule, o)
		}
	}
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via"} {
		if _, _, direct := Forwarded(with(name, "x")); direct {
			t.Errorf("rule: %s tells of a proxy", name)
		}
	}
}

func TestACookieOfOursIsForThisHostAlone(t *testing.T) {
	if got := SetCookie("n", "v", true, 60); got != "__Host-n=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure" {
		t.Error("rule: over https it has the prefix and is Secure: " + got)
	}
	if got := SetCookie("n", "v", false, 1); got != "n=v; Path=/; Max-Age=1; HttpOnly; SameSite=Lax" {
		t.Error("rule: over http it has neither: " + got)
	}
	if got := SetCookie("n", "", false, -1); got != "n=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax" {
		t.Error("rule: a negative age removes it: " + got)
	}
	if CookieName("n", true) != "__Host-n" || CookieName("n", false) != "n" {
		t.Error("rule: the name is that of the cookie which is set")
	}
	tags := []string{AccountTag("wx1", ""), AccountTag("wx2", ""), AccountTag("wx1", "/a"), AccountTag("wx1", "/b"), AccountTag("wx1/a", "")}
	for i, tag := range tags {
		if len(tag) != 4 || !IsWord(tag) || slices.Index(tags, tag) != i {
			t.Errorf("rule: each account on each path has a tag of four characters: %q", tags)
		}
	}
	if tags[0] != AccountTag("wx1", "") {
		t.Error("rule: a tag stays, so that a restart logs nobody out")
	}
}

func TestFourCookiesOfOneNameAreTried(t *testing.T) {
	for rule, c := range map[string]struct {
		lines []string
		want  []string
	}{
		"four in one line":       {[]string{"s=1; s=2; s=3; s=4; s=5"}, []string{"1", "2", "3", "4"}},
		"four in several lines":  {[]string{"s=1; s=2; s=3", "s=4; s=5", "s=6"}, []string{"1", "2", "3", "4"}},
		"blanks and tabs go":     {[]string{" \ts=1 \t;\t s=2\t "}, []string{"1", "2"}},
		"blanks inside stay":     {[]string{"s=1 2"}, []string{"1 2"}},
		"a value of one blank":   {[]string{"s= "}, []string{""}},
		"a name at the very end": {[]string{"a=1; s"}, nil},
	} {
		h := with()
		for _, line := range c.lines {
			h.Add("Cookie", line)
		}
		if got := slices.Collect(CookieValues(h, "s")); !slices.Equal(got, c.want) {
			t.Errorf("rule: %s: %q", rule, got)
		}
		for first := range CookieValues(h, "s") {
			if first != c.want[0] {
				t.Errorf("rule: %s: the first is %q", rule, first)
			}
			break
		}
	}
	if value, rest, sent := FirstCookie("a=1; s=2; b=3", "s"); value != "2" || rest != " b=3" || !sent {
		t.Errorf("rule: what stands behind the cookie is handed back: %q %q %v", value, rest, sent)
	}
	if value, rest, sent := FirstCookie("a=1", "s"); value != "" || rest != "" || sent {
		t.Errorf("rule: no cookie is none: %q %q %v", value, rest, sent)
	}
}

// plain is a header that is no map, as fiber's is.
type plain struct{ Header }

func TestAnyHeaderIsReadLikeAMap(t *testing.T) {
	h := with("Cookie", "s=1", "Cookie", "s=2", "Accept", "text/html", "User-Agent", "x")
	for _, each := range []Header{h, plain{h}} {
		if FirstHeader(each, "Accept") != "text/html" || FirstHeader(each, "Cookie") != "s=1" || FirstHeader(each, "Origin") != "" {
			t.Errorf("rule: the first value, or none: %T", each)
		}
		if !slices.Equal(AllHeaders(each, "Cookie"), []string{"s=1", "s=2"}) || len(AllHeaders(each, "Origin")) != 0 {
			t.Errorf("rule: all values, in their order: %T", each)
		}
		if KindOf("GET", "/", each) != Navigation {
			t.Errorf("rule: a page is a page: %T", each)
		}
	}
}

func TestTheSignsOfANavigationAreAskedInTheirOrder(t *testing.T) {
	for _, c := range []struct {
		rule, method, target string
		header               Header
		want                 Kind
	}{
		{"a favicon is nobody's visit", "GET", "/favicon.ico", with("Accept", "text/html"), Script},
		{"with a query too", "GET", "/favicon.ico?v=1", with("Accept", "text/html"), Script},
		{"robots.txt as well", "GET", "/robots.txt", with("Accept", "text/html"), Script},
		{"and a touch icon of any size", "GET", "/apple-touch-icon-120x120.png", with("Accept", "text/html"), Script},
		{"and WeChat's own check", "GET", "/MP_verify_0123456789abcdef.txt", with("Accept", "text/html"), Script},
		{"a name as long as that of a check is a page", "GET", "/MP_verify_0123456789abcdefABCD", with("Accept", "text/html"), Navigation},
		{"such a name deeper is a page", "GET", "/a/favicon.ico", with("Accept", "text/html"), Navigation},
		{"such a name in the query is a page", "GET", "/a?x=/favicon.ico", with("Accept", "text/html"), Navigation},
		{"Purpose: prefetch", "GET", "/", with("Accept", "text/html", "Purpose", "Prefetch"), Script},
		{"X-Moz: prefetch", "GET", "/", with("Accept", "text/html", "X-Moz", "prefetch"), Script},
		{"another purpose is a page", "GET", "/", with("Accept", "text/html", "Purpose", "preview"), Navigation},
		{"frame", "GET", "/", with("Sec-Fetch-Dest", "frame"), Frame},
		{"embed", "GET", "/", with("Sec-Fetch-Dest", "embed"), Frame},
		{"object", "GET", "/", with("Sec-Fetch-Dest", "object"), Frame},
		{"fencedframe", "GET", "/", with("Sec-Fetch-Dest", "fencedframe"), Frame},
		{"an image", "GET", "/", with("Accept", "text/html", "Sec-Fetch-Dest", "image"), Script},
		{"the mode counts before the destination", "GET", "/", with("Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "document"), Script},
		{"the mode alone is enough", "GET", "/", with("Sec-Fetch-Mode", "navigate"), Navigation},
		{"HEAD is no visit", "HEAD", "/", with("Accept", "text/html", "Sec-Fetch-Mode", "navigate"), Script},
		{"a visitor who takes no HTML", "GET", "/", with("Accept", "application/json"), Script},
		{"no header at all", "GET", "/", with(), Script},
		{"HTML in capitals", "GET", "/", with("Accept", "TEXT/HTML"), Navigation},
		{"HTML at the very end", "GET", "/", with("Accept", "text/plain,text/htm,text/html"), Navigation},
		{"nearly HTML", "GET", "/", with("Accept", "text/htm"), Script},
		{"a form that upgrades is none", "POST", "/", with("Accept", "text/html", "Content-Type", "text/plain", "Upgrade", "x"), Script},
		{"a form in capitals", "POST", "/", with("Accept", "text/html", "Content-Type", " TEXT/PLAIN ;x"), FormPost},
	} {
		if got := KindOf(c.method, c.target, c.header); got != c.want {
			t.Errorf("rule: %s: %d, want %d", c.rule, got, c.want)
		}
	}
	if !IsHTMX(with("Hx-Request", "true")) || IsHTMX(with()) {
		t.Error("rule: htmx says so")
	}
}

func TestATextIsFoundInAnyCase(t *testing.T) {
	for s, want := range map[string]bool{"": false, "ab": false, "abc": true, "ABC": true, "xaBc": true, "xABCx": true, "ababab": false, "aBaBaBC": true, "\x01bc": false} {
		if containsFold(s, "abc") != want {
			t.Errorf("rule: %q holds abc in some case: %v", s, want)
		}
	}
}

func TestQualitiesAreThousandths(t *testing.T) {
	for q, want := range map[string]int{
		"0": 0, "1": 1000, "0.5": 500, "0.05": 50, "0.005": 5, "0.999": 999, "0.": 0, "1.": 1000, "1.0": 1000, "1.000": 1000, "0.090": 90, "0.900": 900,
		"": 0, "2": 0, "1.001": 0, "1.1": 0, "0.1234": 0, "0.1000": 0, "0./": 0, "0.:": 0, "0.5x": 0, "00": 0, "01": 0, "-1": 0, ".5": 0, "0.-": 0,
	} {
		if got := thousandths(q); got != want {
			t.Errorf("rule: q=%s is %d thousandths: %d", q, want, got)
		}
	}
	long := "en-" + strings.Repeat("a", 32)
	if fitting(long, []string{"zh-CN", "en"}) != "en" || fitting(long+"a", []string{"zh-CN", "en"}) != "" {
		t.Error("rule: a tag of 35 bytes is read, and a longer one is none")
	}
	if fitting("", []string{"zh-CN", ""}) != "" || Language("en;q=1;q=0", []string{"zh-CN", "en"}) != "en" {
		t.Error("rule: no tag fits nothing, and the first q counts")
	}
}

func TestParametersAreFoundByTheirWholeName(t *testing.T) {
	target := Target{"/p", "a=1&b&a=2&=3&aa=4&a", true}
	if value, from, to, found := target.LastParam("a"); !found || value != "" || from != 18 || to != 19 {
		t.Errorf("rule: the last pair counts, and where it lies is told: %q %d %d %v", value, from, to, found)
	}
	if value, from, to, found := (Target{"/p", "a=1&b=2", true}).LastParam("a"); !found || value != "1" || from != 0 || to != 3 {
		t.Errorf("rule: the first pair can be the last: %q %d %d %v", value, from, to, found)
	}
	if value, from, to, found := target.LastParam("c"); found || value != "" || from != 0 || to != 0 {
		t.Errorf("rule: none is none: %q %d %d", value, from, to)
	}
	if target.FirstParam("a") != "1" || target.FirstParam("aa") != "4" || target.FirstParam("c") != "" || target.FirstParam("b") != "" {
		t.Error("rule: the first pair with this very name")
	}
	for _, raw := range []string{"/", "/p", "/p?", "/p?a=1"} {
		if target, ok := ParseTarget(raw); !ok || target.Len() != len(raw) || target.String() != raw {
			t.Errorf("rule: a target is as long as its text: %q", raw)
		}
	}
	if got := (Target{Path: "/p"}).Without("a"); got != (Target{Path: "/p"}) {
		t.Errorf("rule: without a query there is nothing to leave out: %v", got)
	}
	if got := (Target{"/p", "_wx=1&a=2&code=x", true}).Without("code").String(); got != "/p?_wx=1&a=2" {
		t.Errorf("rule: only the names that are given are left out: %s", got)
	}
}

func TestOnlyAQueryOfThisPathIsCarried(t *testing.T) {
	carried := func(query string) string { return base64.RawURLEncoding.EncodeToString([]byte(query)) }
	longest := strings.Repeat("a", MaxTarget/4*3)
	for rule, c := range map[string][2]string{
		"it is restored":                              {"_wx=" + carried("code=1&x") + "&code=C&state=S", "?code=1&x"},
		"what a client added comes behind it":         {"_wx=" + carried("code=1") + "&from=x&code=C&state=S", "?code=1&from=x"},
		"the longest of ours is restored":             {"_wx=" + carried(longest) + "&code=C&state=S", "?" + longest},
		"a longer one is dropped":                     {"_wx=" + carried(longest+"a") + "&code=C&state=S", ""},
		"an empty one is dropped":                     {"_wx=&code=C&state=S", ""},
		"one that is no base64url is dropped":         {"_wx=!&code=C&state=S", ""},
		"one with a line end is dropped":              {"_wx=" + carried("a\r\nb") + "&code=C&state=S", ""},
		"one with a # is dropped":                     {"_wx=" + carried("a#b") + "&code=C&state=S", ""},
		"of several the last counts":                  {"_wx=" + carried("a") + "&_wx=" + carried("b") + "&code=C&state=S", "?b"},
		"an empty rest is nothing behind it":          {"&_wx=" + carried("a") + "&code=C&state=S", "?a"},
		"code and state alone leave no question mark": {"code=C&state=S", ""},
	} {
		if got := (Target{"/p", c[0], true}).WithoutCallback().String(); got != "/p"+c[1] {
			t.Errorf("rule: %s: %.80s", rule, got)
		}
	}
	for _, name := range []string{"code", "state", "appid", "_wx"} {
		asked := Target{"/p", name + "=1&x", true}
		if got := asked.ForRedirectURI().String(); got != "/p?_wx="+carried(asked.Query) {
			t.Errorf("rule: a query with %s travels as a whole: %s", name, got)
		}
	}
	if got := (Target{"/p", "codes=1&x", true}).ForRedirectURI().String(); got != "/p?codes=1&x" {
		t.Errorf("rule: any other query travels as it is: %s", got)
	}
}

func TestTheLengthOfACodeIsWeChats(t *testing.T) {
	for n, want := range map[int]bool{0: false, 23: false, 24: true, 32: true, 512: true, 513: false} {
		if got, _ := (Target{"/", "code=" + strings.Repeat("a", n), true}).IsReturn(); got != want {
			t.Errorf("rule: a code has 24 to 512 characters: %d is one: %v", n, got)
		}
	}
	if MaxTarget != 2048 || MaxCallback != 3072 {
		t.Error("rule: a login starts on at most 2,048 bytes, and 1,024 more come back")
	}
	fill := func(n int) Target {
		rest := "&code=" + strings.Repeat("a", 24)
		return Target{"/", strings.Repeat("x", n-len("/?")-len(rest)) + rest, true}
	}
	if got, _ := fill(MaxCallback).IsReturn(); !got {
		t.Error("rule: the longest callback is one")
	}
	if got, _ := fill(MaxCallback + 1).IsReturn(); got {
		t.Error("rule: a longer address is none")
	}
}

func TestALocalAddressIsAPath(t *testing.T) {
	for to, want := range map[string]bool{
		"/": true, "/a": true, "/a//b": true, `/a\b`: true, "/é": true, "/a b": true, "/a#b": true, "/~": true,
		"": false, "a": false, "//": false, `/\`: false, "/a\x1f": false, "/a\x7f": false, "/\t/a": false, "\\": false,
		"/" + strings.Repeat("a", MaxTarget-1): true, "/" + strings.Repeat("a", MaxTarget): false,
	} {
		if IsLocal(to) != want {
			t.Errorf("rule: %.20q stays on the site: %v", to, want)
		}
	}
	for escaped, want := range map[string]string{"/a%2": "/a%2", "/a+b": "/a+b", "/a%2Bb": "/a+b", "/a%3Fx%3D1": "/a?x=1", "/a?": "/a?", "%2F%2Fevil": "/", "/a%0Ab": "/"} {
		if got := LocalTarget(escaped, site).String(); got != want {
			t.Errorf("rule: to=%s is %s: %s", escaped, want, got)
		}
	}
	if got := (Origin{}).cutOrigin(":///a"); got != ":///a" {
		t.Errorf("rule: without a host no address is of this site: %s", got)
	}
	if LocalReferer(with("Referer", "https://app.example.com/shop#x"), site) != "/" {
		t.Error("rule: a fragment is no part of a Referer")
	}
}
