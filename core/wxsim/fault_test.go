package wxsim

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestFaultAnswers(t *testing.T) {
	for rule, tc := range map[string]struct {
		fault  Fault
		status int
		kind   string
		body   string // what it begins with
	}{
		"a code is answered as WeChat's error": {Fault{Code: -1}, 200, "text/plain", `{"errcode":-1,"errmsg":"system error, rid: `},
		"a message is sent as it is":           {Fault{Code: 45011, Message: "slow/down"}, 200, "text/plain", `{"errcode":45011,"errmsg":"slow\/down"}`},
		"an unknown code has some text":        {Fault{Code: 12345}, 200, "text/plain", `{"errcode":12345,"errmsg":"error, rid: `},
		"a body is sent as it is":              {Fault{Body: `{"access_token":"x`, Code: 1}, 200, "text/plain", `{"access_token":"x`},
		"HTML is sent as such":                 {Fault{Body: "<html>", Status: 502}, 502, "text/html; charset=utf-8", "<html>"},
		"the zero fault is an empty body":      {Fault{}, 200, "text/plain", ""},
		"a code can have a status":             {Fault{Code: -1, Status: 503}, 503, "text/plain", `{"errcode":-1`},
	} {
		g := newRig(t)
		g.Fail(PathAccessToken, tc.fault)
		code := g.code("mei", scopeBase)
		w := g.get(tokenURL(code))
		if w.Code != tc.status || w.Header().Get("Content-Type") != tc.kind || !strings.HasPrefix(w.Body.String(), tc.body) ||
			(tc.body == "" && w.Body.Len() > 0) {
			t.Errorf("rule: %s; got %d %q %s", rule, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		g.Clear(PathAccessToken)
		if got := g.api(tokenURL(code)); got.code() != 0 {
			t.Errorf("rule: without Consume a fault leaves the code alone (%s); got %d", rule, got.code())
		}
	}
}

func TestEveryCodeHasItsText(t *testing.T) {
	for code := 40000; code < 51000; code++ {
		if m := message(code); m == "" || strings.Contains(m, "rid") {
			t.Errorf("rule: a code has a text without rid; %d has %q", code, m)
		}
	}
	for code := 10000; code < 10020; code++ {
		if f := pageFailure(code, ""); f.Text == "" {
			t.Errorf("rule: a page code has a text; %d has none", code)
		}
	}
}

func TestFaultQueue(t *testing.T) {
	g := newRig(t)
	ask := func() int { return g.api(PathAuth + "?access_token=x&openid=y").code() }
	g.Fail(PathAuth, Fault{Code: -1, Times: 2})
	g.Fail(PathAuth, Fault{Code: 45011, Times: 1})
	for i, want := range []int{-1, -1, 45011, 40001} {
		if got := ask(); got != want {
			t.Errorf("rule: faults come in order and as often as they say; call %d got %d, want %d", i+1, got, want)
		}
	}
	g.Fail(PathAuth, Fault{Code: 50002})
	for range 5 {
		if got := ask(); got != 50002 {
			t.Errorf("rule: a fault without Times stays; got %d", got)
		}
	}
	if got := g.api(PathUserInfo).code(); got != 41001 {
		t.Errorf("rule: a fault is of one endpoint; another got %d", got)
	}
	g.Clear(PathAuth)
	if got := ask(); got != 40001 {
		t.Errorf("rule: Clear ends it; got %d", got)
	}
	if n := g.Calls(PathAuth); n != 10 {
		t.Errorf("rule: failing calls count; got %d, want 10", n)
	}
}

func TestFaultConsumes(t *testing.T) {
	g := newRig(t)
	code := g.code("mei", scopeBase)
	g.Fail(PathAccessToken, Fault{Code: -1, Consume: true, Times: 1})
	if got := g.api(tokenURL(code)); got.code() != -1 {
		t.Errorf("rule: with Consume the answer is the fault; got %d", got.code())
	}
	if got := g.api(tokenURL(code)); got.code() != 40163 {
		t.Errorf("rule: with Consume the code is used up; got %d", got.code())
	}
}

func TestFaultOnTheLinkIsAPage(t *testing.T) {
	g := newRig(t)
	g.Fail(PathAuthorize, Fault{Code: 10009, Times: 1})
	w := g.get(linkFor(callback, scopeBase, "s1"))
	if w.Header().Get("X-Wxsim-Error") != "10009" || !strings.Contains(w.Body.String(), "操作太频繁了") {
		t.Errorf("rule: a code on the link is WeChat's page; got %d %v", w.Code, w.Header())
	}
	g.Fail(PathAuthorize, Fault{Code: 1, Message: "自定义", Times: 1})
	if w := g.get(linkFor(callback, scopeBase, "s1")); !strings.Contains(w.Body.String(), "自定义") {
		t.Errorf("rule: a message on the link is on the page; got %s", w.Body)
	}
}

func TestFaultDropsTheConnection(t *testing.T) {
	g := newRig(t)
	g.Fail(PathUserInfo, Fault{Drop: true})
	server := httptest.NewServer(g)
	defer server.Close()
	if res, err := http.Get(server.URL + PathUserInfo); err == nil {
		res.Body.Close()
		t.Errorf("rule: Drop sends no answer; got %d", res.StatusCode)
	}
}

func TestFaultWaits(t *testing.T) {
	g := newRig(t)
	gate, answered := make(chan struct{}), make(chan int)
	g.Fail(PathAccessToken, Fault{Wait: gate, Times: 1})
	code := g.code("mei", scopeBase)
	go func() { answered <- decode(t, g.get(tokenURL(code))).code() }()
	for g.Calls(PathAccessToken) == 0 {
		select {
		case <-answered:
			t.Fatal("rule: Wait holds the answer back")
		default:
		}
	}
	close(gate)
	if got := <-answered; got != 0 {
		t.Errorf("rule: a fault with Wait alone answers normally in the end; got %d", got)
	}

	g.Fail(PathAccessToken, Fault{Wait: make(chan struct{})})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("rule: Wait ends when the caller has gone")
		}
	}()
	g.do(httptest.NewRequest("GET", tokenURL("x"), nil).WithContext(ctx))
}
