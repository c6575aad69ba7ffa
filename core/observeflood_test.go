package core

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// hostile are the requests without a login that reach a log line, by what they do. Each
// returns a new request of its kind.
func hostile(r *rig) map[string]func() {
	g, logout := r.gate(ModeRequire), r.gate(ModeLogout)
	stranger := func(ua string) *browser { b := r.browser(); b.ua = ua; return b }
	get := func(g *Gate, target string, pairs ...string) func() {
		return func() { r.browser().send(g, "GET", target, with(pairs...)) }
	}
	code := "code=0123456789abcdef0123456789abcdef&state="
	fresh := func() (*browser, string) { b := r.browser(); return b, b.authorize(b.get(g, "/")).Get("state") }
	_, old := fresh()
	r.advance(11 * time.Minute)
	owner, own := fresh()
	spent := r.auth.keys.NewState(r.now(), maxAttempts, false, "someone", r.auth.public)
	crash := func(*Request) bool { panic("x") }
	return map[string]func(){
		"starts":                 get(g, "/"),
		"asks first":             get(r.gate(ModeRequire, Prompt, AskFirst()), "/"),
		"a script":               get(g, "/", "Accept", "application/json"),
		"a script, fast":         get(r.gate(ModeRequire, API()), "/"),
		"outside":                func() { stranger("curl/8").get(g, "/") },
		"a frame":                get(g, "/", "Sec-Fetch-Dest", "iframe"),
		"a form":                 func() { r.browser().send(g, "POST", "/", with("Content-Type", "text/plain", "Accept", "text/html")) },
		"a forged state":         get(g, "/?"+code+flipped(own)),
		"a state without cookie": get(g, "/?"+code+own),
		"another browser's state": func() {
			b := r.browser()
			b.cookies = map[string]string{"__Host-" + r.auth.binding: strings.Repeat("A", 22)}
			b.send(g, "GET", "/?"+code+own, nil)
		},
		"an old state":               get(g, "/?"+code+old),
		"attempts spent":             get(g, "/?"+code+spent),
		"a lost state":               get(g, "/?code=0123456789abcdef0123456789abcdef&state=x"),
		"a lost state twice":         get(g, "/?code=0123456789abcdef0123456789abcdef&state=x&code=0123456789abcdef0123456789abcdef&state=y"),
		"a refusal":                  get(g, "/?state="+own),
		"a code that cannot be one":  func() { owner.send(g, "GET", "/?code=%21&state="+own, nil) },
		"a code that WeChat refuses": func() { b, state := fresh(); b.send(g, "GET", "/?"+code+state, nil) },
		"a logout from another site": func() { r.browser().send(logout, "POST", "/", with("Sec-Fetch-Site", "cross-site")) },
		"a Skip that panics":         get(r.gate(ModeRequire, Skip(crash)), "/"),
		"Scopes that panic":          get(r.gate(ModeRequire, Scopes(func(*Request) Scope { panic("x") })), "/"),
		"an OnError that panics": func() {
			stranger("curl/8").get(r.gate(ModeRequire, OnError(func(context.Context, *Request, error) *Outcome { panic("x") })), "/")
		},
		"an OnError without a status": func() {
			stranger("curl/8").get(r.gate(ModeRequire, OnError(func(context.Context, *Request, error) *Outcome { return &Outcome{} })), "/")
		},
		"a request cancelled meanwhile": func() {
			b, state := fresh()
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			// The exchange goes on; the next delivery waits for it.
			defer b.send(g, "GET", "/?"+code+state, nil)
			g.Handle(ctx, &Request{Method: "GET", Target: "/?" + code + state, Host: b.host, TLS: true, Header: with("User-Agent", inWeChat, "Accept", "text/html", "Cookie", b.cookieLine())})
		},
	}
}

var withheldInLine = regexp.MustCompile(` more=(\d+)`)

// kindOfLine is what tells lines apart for an operator.
var kindOfLine = regexp.MustCompile(` (event|reason|kind|result|errcode|page|fault|endpoint|stage)=(\S+)`)

func TestAFloodWritesOneLineAMinuteOfAKind(t *testing.T) {
	const each = 1_000 // 23,000 in all, and as many again to begin some
	seen := &recorder{}
	r := newRig(t, observed(seen))
	r.auth.Close()
	r.auth = r.instance(observed(seen), func(c *Config) { c.HTTPClient = &http.Client{Transport: r.sim.Transport()} })
	r.sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Code: 40029})
	began := len(r.log.String())
	told := len(seen.all())
	requests := hostile(r)
	for range each {
		for _, send := range requests {
			send()
		}
	}
	lines := func() []string { return strings.Split(strings.TrimSpace(r.log.String()[began:]), "\n") }
	perKind := map[string]int{}
	for _, line := range lines() {
		// hostile lets 11 minutes pass after the first start.
		kind := line[strings.Index(line, "msg="):strings.Index(line, " event=")]
		for _, part := range kindOfLine.FindAllString(line, -1) {
			kind += part
		}
		perKind[kind]++
	}
	for kind, n := range perKind {
		if n > 1 && !(n == 2 && strings.Contains(kind, LoginStart)) {
			t.Errorf("rule: one line a minute of a kind: %d of %s", n, kind)
		}
	}
	for _, name := range []string{LoginStart, LoginChallenge, LoginCallback, LoginRestart, LoginRefused, LoginStuck, LoginForged, LoginLeft, LogoutCrossSite, HookFailed, APICall} {
		if !strings.Contains(r.log.String()[began:], "event="+name) {
			t.Errorf("rule: the flood reaches every kind of line: no %s", name)
		}
	}
	if len(lines()) > maxReports || len(r.auth.watch.reports.kinds) > maxReports+1 {
		t.Errorf("rule: the number of kinds has a bound: %d lines", len(lines()))
	}
	if !r.auth.holds() || !r.auth.sweeper.awake.Load() {
		t.Error("rule: lines that were withheld wait for the sweeper, which is awake")
	}
	r.advance(reportEvery)
	r.auth.watch.sweep()
	written, withheld := 0, 0
	for _, line := range lines() {
		if strings.Contains(line, " event=") {
			written++
		}
		if m := withheldInLine.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1])
			withheld += n
		}
	}
	if happened := len(seen.all()) - told; written+withheld != happened || happened < each*len(requests) {
		t.Errorf("rule: each happening has its line or is counted among those withheld: %d lines and %d withheld of %d", written, withheld, happened)
	}
	r.advance(reportEvery)
	r.auth.watch.sweep()
	if n := len(r.auth.watch.reports.kinds); n != 0 {
		t.Errorf("rule: kinds that are over are forgotten: %d are kept", n)
	}
}

func TestAFloodOfMessagesWritesOneLineAMinuteOfAReason(t *testing.T) {
	r := newRig(t)
	p := r.poster(push.Config{})
	reasons := []func(){
		func() { p.send("GET", nil, "") },
		func() { p.send("POST", nil, "x") },
		func() { p.send("POST", map[string][]string{"encrypt_type": {"aes"}}, "x") },
		func() { w := httptest.NewRecorder(); p.handler.ServeHTTP(w, httptest.NewRequest("PUT", "/push", nil)) },
	}
	for range 2_500 {
		for _, send := range reasons {
			send()
		}
	}
	if n := strings.Count(r.log.String(), "a message was refused"); n != 2 {
		t.Errorf("rule: one line a minute of a reason: %d lines for 2 reasons", n)
	}
	r.advance(time.Minute)
	p.send("POST", nil, "x")
	if !strings.Contains(r.log.String(), "count=5000") { // since the first line
		t.Errorf("rule: the next line has the number of those withheld:\n%s", r.log)
	}
}

func TestRoomsThatLogThemselvesAreLimitedToo(t *testing.T) {
	r := newRig(t)
	log := r.auth.watch.limited()
	for range 10_000 {
		log.Warn("wechat: trouble", "value", "account token", "error", "varies", "x", time.Now())
		log.With("a", 1).WithGroup("g").Warn("wechat: trouble", "value", "account token")
	}
	log.Warn("wechat: trouble", "value", "jsapi ticket")
	if n := strings.Count(r.log.String(), "wechat: trouble"); n != 2 {
		t.Errorf("rule: one line a minute of a message and its value: %d", n)
	}
	r.advance(reportEvery)
	log.Warn("wechat: trouble", "value", "account token")
	if !strings.Contains(r.log.String(), "more=19999") {
		t.Errorf("rule: the next line has the number of those withheld:\n%s", r.log)
	}
}

// Any client can start logins, and each start of a site with MustFollow looks after the
// account's token.
func TestStartsWithABrokenSecretDoNotFillTheLog(t *testing.T) {
	r := newRig(t)
	r.sim.Fail(wxsim.PathStableToken, wxsim.Fault{Code: 40125})
	g := r.gate(ModeRequire, MustFollow)
	for range 50 {
		r.browser().get(g, "/")
		if _, err := r.auth.AccountToken().Token(t.Context()); err == nil { // waits for the fetch
			t.Fatal("the secret is wrong")
		}
	}
	if n := strings.Count(r.log.String(), "account's own credentials failed"); n != 1 {
		t.Errorf("rule: one line a minute: %d\n%s", n, r.log)
	}
}

// What is logged is told: no line is written beside the observer.
func TestLinesAreWrittenWhereEventsAreTold(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	writes := regexp.MustCompile(`\.(LogAttrs|Log|(Debug|Info|Warn|Error)Context)\(|\.(Debug|Info|Warn|Error)\("|slog\.Default\(`)
	allowed := map[string]int{
		"observewatch.go": 4, // write, emit, sweep; slog.Default
		"observerooms.go": 2, // touchFailed and deleteFailed: on the logged-in path
		"auth.go":         1, // Close
	}
	read := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		read++
		n := 0
		for line := range strings.SplitSeq(string(source), "\n") {
			if code, _, _ := strings.Cut(line, "//"); writes.MatchString(code) {
				n++
			}
		}
		if n != allowed[name] {
			t.Errorf("rule: lines are written by watch.tell, so that they are told: %s writes %d by itself, %d are known", name, n, allowed[name])
		}
	}
	if read < 30 {
		t.Errorf("only %d files were read", read)
	}
}
