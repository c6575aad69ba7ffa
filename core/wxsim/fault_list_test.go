package wxsim

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

// called is what a call of a fault's endpoint brought.
type called struct {
	status  int
	body    string
	kind    string
	date    time.Time
	ended   bool // the connection ended without an answer
	page    string
	errcode int
}

// call calls an endpoint the way a client would, so that all is right with it.
func (g *rig) call(endpoint string) (c called) {
	w := httptest.NewRecorder()
	defer func() {
		if recover() != nil {
			c = called{ended: true, body: w.Body.String()}
		}
	}()
	r := g.rightCall(endpoint)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r = r.WithContext(ctx)
	r.Header.Set("User-Agent", wechatUA)
	g.ServeHTTP(w, r)
	c = called{status: w.Code, body: w.Body.String(), kind: w.Header().Get("Content-Type"), page: w.Header().Get("X-Wxsim-Error")}
	c.date, _ = http.ParseTime(w.Header().Get("Date"))
	var e errorBody
	if json.Unmarshal([]byte(c.body), &e) == nil {
		c.errcode = e.ErrCode
	}
	return c
}

// rightCall is a call that succeeds without a fault.
func (g *rig) rightCall(endpoint string) *http.Request {
	get := func(target string) *http.Request { return httptest.NewRequest("GET", target, nil) }
	switch endpoint {
	case PathAccessToken:
		return get(tokenURL(g.code("mei", scopeUserInfo)))
	case PathUserInfo:
		return get(userinfoURL(g.login("mei", scopeUserInfo)))
	case PathRefreshToken:
		return get(refreshURL(g.login("mei", scopeUserInfo)))
	case PathAuthorize:
		return get(linkFor(callback, scopeBase, "s1"))
	case PathStableToken:
		return httptest.NewRequest("POST", endpoint, strings.NewReader(`{"grant_type":"client_credential","appid":"`+app+`","secret":"`+secret+`"}`))
	case PathToken:
		return get(PathToken + coreQuery)
	case PathFollower:
		return get(PathFollower + "?access_token=" + g.coreText() + "&openid=" + g.OpenID(app, "mei"))
	}
	return get(endpoint)
}

func TestEveryFaultOfTheListHappensOnce(t *testing.T) {
	var ourClock time.Time
	special := map[FaultName]func(called) bool{
		SystemErrorSpent: func(c called) bool { return c.errcode == -1 },
		OldErrorStyle:    func(c called) bool { return strings.HasSuffix(c.body, `hints: [ req_id: 1foBSgMre-Hz ]"}`) },
		Delayed:          func(c called) bool { return strings.Contains(c.body, "openid") },
		Hang:             func(c called) bool { return c.ended && c.body == "" },
		EmptyBody:        func(c called) bool { return c.status == 200 && c.body == "" },
		CutBody:          func(c called) bool { return c.ended && strings.HasPrefix(c.body, `{"access_token"`) },
		HTMLBody:         func(c called) bool { return c.status == 200 && strings.HasPrefix(c.kind, "text/html") },
		Status500:        func(c called) bool { return c.status == 500 && c.body == "" },
		Status502:        func(c called) bool { return c.status == 502 && strings.Contains(c.body, "<html>") },
		Status503:        func(c called) bool { return c.status == 503 && strings.Contains(c.body, "<html>") },
		ConnectionReset:  func(c called) bool { return c.ended && c.body == "" },
		ConnectionClosed: func(c called) bool { return c.ended && c.body == "" },
		ControlBytes:     func(c called) bool { return strings.Contains(c.body, "\"nickname\":\"\x14\b\x07小美") },
		BrokenUTF8:       func(c called) bool { return !utf8.ValidString(c.body) },
		WrongTypes: func(c called) bool {
			return strings.Contains(c.body, `"expires_in":"7200"`) && strings.Contains(c.body, `"openid":123456789`)
		},
		MissingFields: func(c called) bool {
			return strings.HasPrefix(c.body, `{"access_token":"`) && !strings.Contains(c.body, "openid")
		},
		MissingScope:  func(c called) bool { return strings.Contains(c.body, "openid") && !strings.Contains(c.body, "scope") },
		TrailingComma: func(c called) bool { return strings.Contains(c.body, `"scope":"snsapi_userinfo,"`) },
		DateAhead: func(c called) bool {
			ahead := c.date.Sub(ourClock)
			return c.errcode == 0 && ahead > 9*time.Minute && ahead < 11*time.Minute
		},
		TokenRotated:    func(c called) bool { return c.errcode == 40001 },
		DomainWrong:     func(c called) bool { return c.page == "10003" },
		PollWithoutCode: func(c called) bool { return c.body == "window.wx_errcode=405;window.wx_code='';" },
		PollError:       func(c called) bool { return c.body == "window.wx_errcode=500;window.wx_code='';" },
	}
	names := map[FaultName]bool{}
	for _, row := range Faults() {
		if names[row.Name] || row.Summary == "" || row.Endpoint == "" {
			t.Errorf("rule: every fault has one name, a summary and an endpoint; got %+v", row)
		}
		names[row.Name] = true
		if row.Endpoint == Callback {
			continue // see TestFaultsOfTheWayBack
		}
		g := newRig(t)
		before := g.call(row.Endpoint)
		var met, after called
		synctest.Test(t, func(t *testing.T) {
			if err := g.Next(row.Name); err != nil {
				t.Fatalf("rule: every fault of the list can be asked for; got %v", err)
			}
			ourClock = g.Now()
			met = g.call(row.Endpoint)
		})
		after = g.call(row.Endpoint)
		ok := false
		if code, err := strconv.Atoi(string(row.Name)); err == nil {
			ok = met.errcode == code && met.status == 200
		} else if code, isPage := strings.CutPrefix(string(row.Name), "page_"); isPage {
			ok = met.page == code
		} else if special[row.Name] != nil {
			ok = special[row.Name](met)
		}
		if !ok {
			t.Errorf("rule: fault %s: %s; got %+v", row.Name, row.Summary, met)
		}
		if after.status != before.status || after.errcode != before.errcode || after.page != before.page || after.ended {
			t.Errorf("rule: fault %s happens once; then got %+v, before %+v", row.Name, after, before)
		}
	}
	g := newRig(t)
	for rule, err := range map[string]error{
		"an unknown name":                      g.Next("x"),
		"a fault of the way back on an API":    g.Next(StateLost, PathUserInfo),
		"a fault of an API on the way back":    g.Next("40029", Callback),
		"a fault of an API on another is fine": func() error { return g.Next("40029", PathUserInfo) }(),
	} {
		if (err == nil) != strings.HasSuffix(rule, "fine") {
			t.Errorf("rule: Next and %s; got %v", rule, err)
		}
	}
	if got := g.api(PathUserInfo); got.code() != 40029 {
		t.Errorf("rule: a fault can be moved to another endpoint; got %d", got.code())
	}
}

func TestFaultsOfTheWayBack(t *testing.T) {
	const state = "sTaTe1"
	exchanged := func(g *rig, location string) body {
		u, _ := url.Parse(location)
		return g.api(tokenURL(u.Query().Get("code")))
	}
	for name, check := range map[FaultName]func(g *rig, location string) bool{
		StateAltered:    func(g *rig, l string) bool { return strings.HasSuffix(l, "&state=sTaTex") },
		StateSuffixed:   func(g *rig, l string) bool { return strings.HasSuffix(l, "&state=sTaTe1https://i.maxthon.cn") },
		StateLowered:    func(g *rig, l string) bool { return strings.HasSuffix(l, "&state=state1") },
		StateLost:       func(g *rig, l string) bool { return strings.Contains(l, "?code=") && !strings.Contains(l, "state") },
		CodeLost:        func(g *rig, l string) bool { return l == callback+"?state="+state },
		CodeUsed:        func(g *rig, l string) bool { return exchanged(g, l).code() == 40163 },
		CodeExpired:     func(g *rig, l string) bool { return exchanged(g, l).code() == 40029 },
		CodeUnknown:     func(g *rig, l string) bool { return exchanged(g, l).code() == 40029 },
		MiniProgramCode: func(g *rig, l string) bool { return exchanged(g, l).code() == 40242 },
		SnapshotPage: func(g *rig, l string) bool {
			b := exchanged(g, l)
			return b.Snapshot == 1 && b.OpenID != g.OpenID(app, "mei")
		},
		CallbackTwice:   func(g *rig, l string) bool { return strings.HasPrefix(l, callback+"?code=") },
		CookiesStripped: func(g *rig, l string) bool { return l == "https://app.example.com/welcome" },
	} {
		var visits []*http.Request
		g := newRig(t, func(c *Config) {
			c.Transport = inProcess{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				visits = append(visits, r)
				http.Redirect(w, r, "/welcome", http.StatusSeeOther)
			})}
		})
		if err := g.Next(name); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", linkFor(callback, scopeBase, state), nil)
		r.Header.Set("Cookie", "app=1")
		location := g.do(r).Header().Get("Location")
		if !check(g, location) {
			t.Errorf("rule: fault %s of the way back; got %q", name, location)
		}
		wantVisits := 0
		if name == CallbackTwice || name == CookiesStripped {
			wantVisits = 1
		}
		if len(visits) != wantVisits || wantVisits == 1 && (len(visits[0].Cookies()) > 0 || visits[0].URL.Query().Get("state") != state) {
			t.Errorf("rule: fault %s delivers the callback itself as often as it says, without cookies; got %d", name, len(visits))
		}
		if next := g.get(linkFor(callback, scopeBase, state)).Header().Get("Location"); exchanged(g, next).code() != 0 || !strings.HasSuffix(next, "&state="+state) {
			t.Errorf("rule: fault %s happens once; then got %q", name, next)
		}
	}
	for _, row := range Faults() {
		if (row.Endpoint == Callback) != (row.fault.change != nil) {
			t.Errorf("rule: the list says where a fault happens; %s", row.Name)
		}
	}
}

func TestStrippedCallbackShowsTheAnswer(t *testing.T) {
	g := newRig(t, func(c *Config) {
		c.Transport = inProcess{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no cookie", http.StatusBadRequest) })}
	})
	g.Next(CookiesStripped)
	if w := g.get(linkFor(callback, scopeBase, "s1")); w.Code != 200 || !strings.Contains(w.Body.String(), "app.example.com, HTTP 400") {
		t.Errorf("rule: an answer that is no redirect is told; got %d %s", w.Code, w.Body)
	}
}

func TestFaultsOfTheWire(t *testing.T) {
	g := newRig(t)
	server := httptest.NewServer(g)
	defer server.Close()
	for name, wants := range map[FaultName]string{ConnectionReset: "reset", ConnectionClosed: "EOF"} {
		g.Next(name, PathUserInfo)
		if _, err := http.Get(server.URL + PathUserInfo); err == nil || !strings.Contains(err.Error(), wants) {
			t.Errorf("rule: fault %s is %s on the wire; got %v", name, wants, err)
		}
	}
	g.Next(CutBody, PathUserInfo)
	res, err := http.Get(server.URL + PathUserInfo)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := io.ReadAll(res.Body); err != io.ErrUnexpectedEOF || len(raw) == 0 {
		t.Errorf("rule: a body that is cut ends early; got %d bytes, %v", len(raw), err)
	}
	res.Body.Close()
}

func TestBodiesThatCannotBeDamaged(t *testing.T) {
	for rule, got := range map[string]string{
		`x`:                    string(swapTypes([]byte("x"))),
		`{"a":1,"remark":"!"}`: string(insertInText("!")([]byte(`{"a":1}`))),
		`{"errmsg":"!no"}`:     string(insertInText("!")([]byte(`{"errmsg":"no"}`))),
		`[]`:                   string(keepFields("a")([]byte(`[]`))),
	} {
		if got != rule {
			t.Errorf("rule: a body without the field stays as it is, or gets one; want %s, got %s", rule, got)
		}
	}
	if alterLast("") != "x" || alterLast("ax") != "ay" || alterLast("ay") != "ax" {
		t.Error("rule: an altered state is never the same")
	}
}
