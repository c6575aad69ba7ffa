package core

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// A request that is a thousand times as large may cost a thousand times as much, and not
// more. BenchmarkRequestSize measures it in CPU time, for every kind of answer and every
// part of a request:
//
//	go test ./core -run '^$' -bench RequestSize -benchtime 1x
//
// "growth" is what a byte costs at 1 MiB compared with 64 KiB: 1 or less for work that is
// linear, 16 for work that is quadratic.

// sizedAnswer is one kind of answer, and the request that is answered with it.
type sizedAnswer struct {
	name    string
	gate    *Gate
	request Request
}

// sizedPart makes one part of a request about n bytes long.
type sizedPart struct {
	name string
	grow func(r *Request, n int)
}

func repeated(piece string, n int) string { return strings.Repeat(piece, max(1, n/len(piece))) }

func withQuery(r *Request, query string) {
	mark := "?"
	if strings.Contains(r.Target, "?") {
		mark = "&"
	}
	r.Target += mark + query
}

func sizedParts(a *Auth, state string) []sizedPart {
	part := func(name string, grow func(*Request, int)) sizedPart { return sizedPart{name, grow} }
	query := func(name, piece string) sizedPart {
		return part("query: "+name, func(r *Request, n int) { withQuery(r, repeated(piece, n)) })
	}
	header := func(name, piece string) sizedPart {
		return part(name+": "+piece+"...", func(r *Request, n int) { r.Header.(http.Header)[name] = []string{repeated(piece, n)} })
	}
	lines := func(name, piece string) sizedPart {
		return part(name+" in many lines", func(r *Request, n int) {
			h := r.Header.(http.Header)
			for range max(1, n/len(piece)) {
				h[name] = append(h[name], piece)
			}
		})
	}
	cookies := func(name, piece string) sizedPart {
		return part("Cookie: "+name, func(r *Request, n int) {
			h := r.Header.(http.Header)
			h["Cookie"] = []string{repeated(piece, n) + "; " + strings.Join(h["Cookie"], "; ")}
		})
	}
	session, binding := "__Host-"+a.sessions.CookieName(false), "__Host-"+a.binding
	parts := []sizedPart{
		part("path: one long name", func(r *Request, n int) { r.Target = repeated("a", n) + r.Target; r.Target = "/" + r.Target }),
		part("path: slashes", func(r *Request, n int) { r.Target = repeated("/", n) + r.Target }),
		part("path: escapes and dots", func(r *Request, n int) { r.Target = "/" + repeated("%41/../", n) + r.Target }),
		part("absolute form", func(r *Request, n int) { r.Target = "https://app.example.com/" + repeated("a/", n) + r.Target[1:] }),
		part("host", func(r *Request, n int) { r.Host = repeated("a.", n) }),
		query("one long value", "a"), query("empty pairs", "&"), query("small pairs", "a=1&"),
		query("code", "code=0123456789012345678901234567890a&"), query("state, not ours", "state=x&"),
		query("state of ours", "state="+state+"&"), query("_wx", "_wx=YT0x&"),
		query("_wx, code, state", "_wx=YT0x&code=a&state="+state+"&"), query("to", "to=%2Fa&"), query("appid", "appid=1&"),
		part("query: _wx in front of a callback", func(r *Request, n int) {
			path, rest, _ := strings.Cut(r.Target, "?")
			r.Target = path + "?" + repeated("_wx=YT0x&", n) + rest
		}),
		part("query: one long _wx", func(r *Request, n int) { withQuery(r, "_wx="+repeated("YT0x", n)) }),
		part("query: one long to", func(r *Request, n int) { withQuery(r, "to=%2F"+repeated("%C3%A9/", n)) }),
		cookies("one large", "a"), cookies("small ones", "a=1; "), cookies("blanks", " "), cookies("semicolons", ";"),
		cookies("of the session's name", session+"=x; "), cookies("of the binding's name", binding+"=x; "),
		cookies("names that end alike", "x"+session+"=1; "), cookies("names that begin alike", session+"x=1; "), cookies("half a name", session[:len(session)-1]),
		part("Cookie: a large session", func(r *Request, n int) { r.Header.(http.Header)["Cookie"] = []string{session + "=" + repeated("a", n)} }),
		part("Cookie: a large binding", func(r *Request, n int) {
			r.Header.(http.Header)["Cookie"] = []string{binding + "=" + repeated("a.", n)}
		}),
		lines("Cookie", "a=1"), lines("X-Forwarded-Host", "a.example.com"), lines("X-Forwarded-Proto", "https"),
		header("Accept", "t"), header("Accept", "text/htm"), header("Accept-Language", "zh;q=0.5,"), header("Accept-Language", ";"), header("Accept-Language", "zh-"),
		header("User-Agent", "MicroMessenge"), header("User-Agent", "m"), header("Content-Type", "a"), header("Content-Type", "; "),
		header("Sec-Purpose", "prefetc"), header("Purpose", "P"), header("X-Moz", "p"), header("Hx-Request", "a"), header("Hx-Current-Url", "a"), header("X-Requested-With", "a"),
		header("Referer", "https://app.example.com/"), header("Referer", "/?#"), header("Origin", "https://app.example.com"), header("Upgrade", "websocke"),
		header("X-Forwarded-Host", "a,"), header("X-Forwarded-Proto", "https,"), header("X-Forwarded-For", "1.2.3.4,"), header("Forwarded", "a"), header("Via", "a"),
		header("Sec-Fetch-Dest", "a"), header("Sec-Fetch-Mode", "a"), header("Sec-Fetch-Site", "a"), header("Access-Control-Request-Method", "a"),
	}
	return append(parts, part("method", func(r *Request, n int) { r.Method = repeated("A", n) }))
}

func sizedAnswers(t testing.TB) (a *Auth, state string, answers []sizedAnswer) {
	r := newRig(t, func(c *Config) { c.LoginPath = "/login" })
	require := r.gate(ModeRequire)
	b := r.browser()
	callback := b.consent(b.get(require, "/me"))
	bound := b.cookieLine()
	b.get(require, callback)
	known := b.cookieLine()
	_, state, _ = strings.Cut(callback, "state=")
	forwarded := newRig(t, func(c *Config) { c.PublicURL, c.TrustProxy = "", true })
	request := func(method, target string, pairs ...string) Request {
		return Request{Method: method, Target: target, Host: "app.example.com", TLS: true, Header: with(append([]string{"User-Agent", inWeChat, "Accept", "text/html,*/*"}, pairs...)...)}
	}
	return r.auth, state, []sizedAnswer{
		{"pass", require, request("GET", "/me", "Cookie", known)},
		{"anonymous behind Optional", r.gate(ModeOptional), request("GET", "/me")},
		{"redirect", require, request("GET", "/me")},
		{"redirect behind a proxy", forwarded.gate(ModeRequire), request("GET", "/me")},
		{"401 of a script", require, request("GET", "/api", "Sec-Fetch-Mode", "cors")},
		{"401 of a POST of a script", require, request("POST", "/api", "Sec-Fetch-Mode", "cors", "Referer", "https://app.example.com/a")},
		{"401 of a form", require, request("POST", "/form", "Content-Type", "text/plain")},
		{"page outside WeChat", require, request("GET", "/me", "User-Agent", "Mozilla/5.0")},
		{"callback, remembered", require, request("GET", callback, "Cookie", bound)},
		{"callback of another browser", require, request("GET", callback)},
		{"callback, logged in", require, request("GET", callback, "Cookie", known)},
		{"refused consent", require, request("GET", "/me?state="+state, "Cookie", bound)},
		{"login", r.gate(ModeLogin), request("GET", "/login?to=%2Fme")},
		{"logout", r.gate(ModeLogout), request("POST", "/logout?to=%2F", "Cookie", known, "Origin", "https://app.example.com")},
		{"preflight", require, request("OPTIONS", "/api", "Origin", "https://b.example.com", "Access-Control-Request-Method", "GET")},
	}
}

func (b *browser) cookieLine() string {
	var pairs []string
	for name, value := range b.cookies {
		pairs = append(pairs, name+"="+value)
	}
	return strings.Join(pairs, "; ")
}

func (a sizedAnswer) grown(p sizedPart, n int) *Request {
	r := a.request
	r.Header = a.request.Header.(http.Header).Clone()
	p.grow(&r, n)
	return &r
}

// cpu is the CPU time that this process has used, that of its garbage collector too.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cost is the least CPU time of one call among several rounds.
func cost(f func()) time.Duration {
	f()
	least := time.Duration(1 << 62)
	for range 4 {
		n, began := 0, cpu()
		for used := time.Duration(0); used < 3*time.Millisecond; used = cpu() - began {
			f()
			n++
		}
		least = min(least, (cpu()-began)/time.Duration(n))
	}
	return least
}

func measureSizes(b *testing.B, name string, f func(n int) func()) {
	b.Run(name, func(b *testing.B) {
		small, middle, large := cost(f(1<<10)), cost(f(1<<16)), cost(f(1<<20))
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(small.Microseconds()), "µs/1KiB")
		b.ReportMetric(float64(middle.Microseconds()), "µs/64KiB")
		b.ReportMetric(float64(large.Microseconds()), "µs/1MiB")
		b.ReportMetric(float64(large)/16/float64(middle), "growth")
		b.ReportMetric(float64(large)/1024/float64(small), "ratio")
	})
}

func BenchmarkRequestSize(b *testing.B) {
	a, state, answers := sizedAnswers(b)
	for _, answer := range answers {
		for _, p := range sizedParts(a, state) {
			measureSizes(b, answer.name+"/"+p.name, func(n int) func() {
				r := answer.grown(p, n)
				return func() { answer.gate.Handle(b.Context(), r) }
			})
		}
	}
	for name, request := range sizedPushes() {
		handler, err := a.PushHandler(push.Config{Token: testToken})
		if err != nil {
			b.Fatal(err)
		}
		measureSizes(b, "push/"+name, func(n int) func() {
			target, body := request(n)
			return func() {
				r := httptest.NewRequest("POST", "/", bytes.NewReader(body))
				r.URL.RawQuery = target
				handler.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}

// sizedPushes are messages with one large part: query and body.
func sizedPushes() map[string]func(n int) (query string, body []byte) {
	at := strconv.FormatInt(time.Now().Unix(), 10)
	signed := "timestamp=" + at + "&nonce=1&signature=" + wxapi.PushSignature(testToken, at, "1", "")
	message := func(text string) []byte {
		return []byte("<xml><ToUserName>gh_1</ToUserName><FromUserName>oAlice_1</FromUserName><CreateTime>" + at + "</CreateTime><MsgType>text</MsgType><MsgId>1</MsgId>" + text + "</xml>")
	}
	return map[string]func(n int) (string, []byte){
		"query: pairs":     func(n int) (string, []byte) { return signed + "&" + repeated("nonce=x&", n), message("") },
		"query: signature": func(n int) (string, []byte) { return signed + repeated("a", n), message("") },
		"query: nonce":     func(n int) (string, []byte) { return "nonce=" + repeated("a", n) + "&" + signed, message("") },
		"body: text":       func(n int) (string, []byte) { return signed, message("<Content>" + repeated("a", n) + "</Content>") },
		"body: CDATA": func(n int) (string, []byte) {
			return signed, message("<Content><![CDATA[" + repeated("]]", n) + "]]></Content>")
		},
		"body: open CDATA": func(n int) (string, []byte) {
			return signed, message("<Content>" + repeated("<![CDATA[", n) + "</Content>")
		},
		"body: open tags":   func(n int) (string, []byte) { return signed, message(repeated("<a>", n)) },
		"body: end tags":    func(n int) (string, []byte) { return signed, message("<Content>" + repeated("</a>", n) + "</Content>") },
		"body: same fields": func(n int) (string, []byte) { return signed, message(repeated("<a>1</a>", n)) },
	}
}

// The same without a clock: what an answer allocates stays within what it read.
func TestNoAnswerAllocatesManyTimesItsRequest(t *testing.T) {
	a, state, answers := sizedAnswers(t)
	const size, most = 128 << 10, 8 << 20
	for _, answer := range answers {
		for _, p := range sizedParts(a, state) {
			r := answer.grown(p, size)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			answer.gate.Handle(t.Context(), r)
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > most {
				t.Errorf("rule: a request of 128 KiB costs a few times its size: %s, %s: %d KiB", answer.name, p.name, got>>10)
			}
		}
	}
}
