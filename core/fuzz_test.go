package core

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// callbackRig is a gate in front of a WeChat that knows one code, with a browser that has
// started a login.
type callbackRig struct {
	wechat *modelWeChat
	gate   *Gate
	cookie string // name of the binding cookie
	words  *strings.Replacer
	code   string
	state  string
	own    string // value of the browser's binding cookie
}

// fuzzedCallbacks returns a function that starts a login. Words in what is fuzzed stand for
// its values: STATE, CODE, OWN (its binding cookie), and OTHERSTATE, OTHERCODE and FOREIGN
// of another browser.
func fuzzedCallbacks(f *testing.F) (start func() callbackRig) {
	wechat := &modelWeChat{codes: map[string]string{}}
	auth, err := newAuth(Config{
		AppID: testAppID, AppSecret: testSecret, PublicURL: "https://app.example.com",
		HTTPClient: &http.Client{Transport: wechat}, Logger: slog.New(slog.DiscardHandler),
	}, time.Now)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { auth.Close() })
	gate := NewGate(ModeRequire, auth)
	return func() callbackRig {
		own, foreign := proof.NewBinding(), proof.NewBinding()
		state := auth.keys.NewState(time.Now(), 1, false, own.ID, auth.public)
		other := auth.keys.NewState(time.Now(), 1, false, foreign.ID, auth.public)
		code := wechat.code("oAlice_1")
		return callbackRig{
			wechat: wechat, gate: gate, cookie: web.CookieName(auth.binding, true), code: code, state: state, own: own.String(),
			words: strings.NewReplacer("OTHERSTATE", other, "STATE", state, "OTHERCODE", wechat.code("oBob_1"), "CODE", code, "OWN", own.String(), "FOREIGN", foreign.String()),
		}
	}
}

// isOwn says whether a request carries a state of this browser, together with the cookie
// that it was given: read from the raw text, by splitting it. intact says that the cookie
// is as it was given.
func (r *callbackRig) isOwn(target, cookies string) (own, intact bool) {
	_, query, _ := strings.Cut(target, "?")
	state := ""
	for _, pair := range strings.Split(query, "&") {
		if value, ok := strings.CutPrefix(pair, "state="); ok || pair == "state" {
			state = value
		}
	}
	tried := 0
	for _, pair := range strings.Split(cookies, ";") {
		if value, ok := strings.CutPrefix(strings.TrimLeft(pair, " \t"), r.cookie+"="); ok && tried < web.MaxSameCookie {
			tried++
			value = strings.TrimRight(value, " \t")
			id, _, _ := strings.Cut(value, ".")
			own, intact = own || id == r.own, intact || value == r.own
		}
	}
	return state == r.state && own, state == r.state && intact
}

// hasPair says whether a parameter of an address is this one, as it stands there. The same
// text elsewhere, such as a parameter's name, is the app's own.
func hasPair(address, pair string) bool {
	_, query, _ := strings.Cut(address, "?")
	return slices.Contains(strings.Split(query, "&"), pair)
}

// FuzzCallback holds what a callback may do, whatever the address and the cookies: a code
// is exchanged only with a state of this browser, and nobody gets in without.
func FuzzCallback(f *testing.F) {
	for _, query := range []string{
		"x=1&code=CODE&state=STATE", "x=1&state=STATE&code=CODE&", "code=CODE&state=OTHERSTATE", "code=OTHERCODE&state=STATE", "state=STATE", "code=&state=STATE",
		"code=authdeny&state=STATE", "code=CODE", "code=CODE&state=", "code=CODE&state=STATEhttps://i.maxthon.cn", "state=bad&code=CODE&state=STATE", "code=CODE&state=STATE&state=OTHERSTATE",
		"code[]=CODE&state=STATE", "_wx=eDoxMjM&code=CODE&state=STATE", "_wx=DQpTZXQtQ29va2llOiBhPWI&code=CODE&state=STATE", "_wx=I3g&_wx=%%&code=CODE&state=STATE", "code=a%26secret%3Devil&state=STATE",
		"code=CODE%0d%0ab&state=STATE", "code=" + strings.Repeat("a", 513) + "&state=STATE", "code=CODE&state=STATE&openid=oBob_1", "CODE&STATE", "&&=&code=CODE&&state=STATE&", "x=" + strings.Repeat("y", 3000) + "&code=CODE&state=STATE",
		"code=CODE&state=STATE#code=OTHERCODE", "code=CODE;state=STATE", "cod%65=CODE&stat%65=STATE", "code=PROMO&state=open&code=CODE&state=STATE", "code=CODE&code=CODE&state=STATE&state=STATE", "?code=CODE&state=STATE",
	} {
		f.Add("/orders/7", query, "KEY=OWN")
	}
	for _, cookies := range []string{"", "KEY=FOREIGN", "KEY=FOREIGN; KEY=OWN", "KEY=OWN.abc", "KEY=OWN.zz.L1", "KEY=\"OWN\"", "a=b; KEY=OWN ;c", "KEY=1;KEY=2;KEY=3;KEY=4;KEY=OWN", "wechat_login=OWN", "KEY=\xff; session=x"} {
		f.Add("//evil.example", "code=CODE&state=STATE", cookies)
	}
	start := fuzzedCallbacks(f)
	f.Fuzz(func(t *testing.T, path, query, cookies string) {
		r := start()
		target := r.words.Replace(path) + "?" + r.words.Replace(query)
		cookies = r.words.Replace(strings.ReplaceAll(cookies, "KEY", r.cookie))
		headers := http.Header{"User-Agent": {inWeChat}, "Accept": {"text/html"}, "Cookie": {cookies}}
		before := r.wechat.exchanges
		out := r.gate.Handle(context.Background(), &Request{Method: "GET", Target: target, Host: "evil.example", TLS: false, Header: headers})
		exchanges := r.wechat.exchanges - before
		own, intact := r.isOwn(target, cookies)
		if exchanges > 1 || exchanges == 1 && !own {
			t.Fatalf("rule: no exchange without a state of this browser: %d for %q with %q", exchanges, target, cookies)
		}
		location := out.Header.Get("Location")
		switch out.Status {
		case 303:
			if exchanges != 1 {
				t.Fatalf("rule: nobody is logged in without an exchange: %q with %q", target, cookies)
			}
		case 302:
			if !strings.HasPrefix(location, "https://open.weixin.qq.com/connect/oauth2/authorize?") {
				t.Fatalf("rule: a login starts at WeChat: %q", location)
			}
		case 400, 403:
		default:
			t.Fatalf("rule: a callback is redirected or gets a page: %d for %q", out.Status, target)
		}
		if asked, ok := web.ParseTarget(target); out.Status == 303 && (!ok || !strings.HasPrefix(location, "https://app.example.com"+asked.Path) || hasPair(location, "state="+r.state)) {
			t.Fatalf("rule: a login ends on the page that was asked for, without the state: %q became %q", target, location)
		}
		if len(location) > len("https://open.weixin.qq.com/connect/oauth2/authorize?")+4*len(target)+500 || len(out.Body) > 64<<10 {
			t.Fatalf("rule: no answer is much longer than the request: %d and %d bytes for %d", len(location), len(out.Body), len(target))
		}
		// What stands elsewhere in the address is the app's own.
		if asked, ok := web.ParseTarget(target); ok {
			rest := asked.Without("code", "state").String()
			for _, secret := range []string{r.code, r.state} {
				if strings.Contains(string(out.Body), secret) && !strings.Contains(rest, secret) {
					t.Fatalf("rule: no page shows code or state: %q", target)
				}
			}
		}
		if out.Header.Get("Cache-Control") != "no-store" || out.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Fatalf("rule: no answer is stored, and none tells its address: %v", out.Header)
		}
		var bytes int
		for name, values := range out.Header {
			if strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
				t.Fatalf("rule: a header is one line: %s: %q", name, values)
			}
		}
		for _, line := range out.Header.Values("Set-Cookie") {
			bytes += len(line)
		}
		if len(out.Header.Values("Set-Cookie")) > 2 || bytes > 1600 {
			t.Fatalf("rule: at most two cookies of 1,600 bytes are set: %q", out.Header.Values("Set-Cookie"))
		}
		if u, err := url.Parse(location); location != "" && err == nil && u.Host != "app.example.com" && u.Host != "open.weixin.qq.com" {
			t.Fatalf("rule: a redirect leads to this site or to WeChat: %q", location)
		}
		page, first := strings.CutSuffix(target, "?code="+r.code+"&state="+r.state)
		appended := first && !strings.Contains(page, "?") || strings.HasSuffix(target, "&code="+r.code+"&state="+r.state)
		if _, ok := web.ParseTarget(target); ok && intact && appended && len(target) < web.MaxTarget && out.Status != 303 {
			t.Fatalf("rule: what WeChat appends logs the browser in that asked for it: %d for %q", out.Status, target)
		}
	})
}

// FuzzUserRecord holds what a session may hold: whatever it is, it is a whole user or none,
// and a user that is read is written so that the same is read again.
func FuzzUserRecord(f *testing.F) {
	r := record{user: User{AppID: testAppID, OpenID: "oABC", UnionID: "u", Scope: Prompt, Nickname: "小明🎉", Sex: 2, Privilege: []string{"p", ""}, LoggedInAt: time.Unix(1_700_000_000, 0)}, touched: 77}
	plain, _ := r.encode(testApps)
	r.ext.generation = "g1"
	extended, _ := r.encode(testApps)
	r.user.AppID, r.user.Screen = testWebsiteID, true
	website, _ := r.encode(testApps)
	for _, b := range [][]byte{plain, extended, website, {}, plain[:lengthsAt], append(plain[:len(plain):len(plain)], 0), {extendedVersion, 255}, append([]byte{extendedVersion, 2, 'z', 0}, plain...)} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := decodeRecord(string(b), testApps)
		spare := make([]string, 1)
		var u User
		if touched, same := u.decode(string(b), testApps, spare); same != ok || ok && (touched != r.touched || !reflect.DeepEqual(u, r.user)) {
			t.Fatalf("rule: a record is read in place as in full: %v %+v, %v %+v", ok, r.user, same, u)
		}
		if !ok {
			return
		}
		if r.user.OpenID == "" || r.user.Scope != Silent && r.user.Scope != Prompt || r.user.AppID != testAppID && r.user.AppID != testWebsiteID {
			t.Fatalf("rule: a user has an open id, a scope and an application: %+v", r.user)
		}
		written, err := r.encode(testApps)
		if err != nil {
			t.Fatalf("rule: what is read can be written: %v", err)
		}
		if again, ok := decodeRecord(string(written), testApps); !ok || !reflect.DeepEqual(again, r) {
			t.Fatalf("rule: what is written is what was read: %+v, %+v", r, again)
		}
		if b[0] == plainVersion && string(written) != string(b) || len(written) > len(b) {
			t.Fatalf("rule: a user has one plain record, and is written in the lowest version that can hold it: %x, %x", b, written)
		}
		if without, ok := decodeRecord(string(b), applications{account: testAppID}); ok && (without.user.AppID != testAppID || r.user.AppID != testAppID) {
			t.Fatalf("rule: without the website application its users are nobody: %+v", without.user)
		}
	})
}
