package core

import (
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed467724c4/wechat/core/internal/once"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/push"
)

// Each place that holds something is filled alone, so that none relies on another one to
// keep the sweeper awake.
func TestWhateverIsHeldKeepsTheSweeperAwakeAndIsSwept(t *testing.T) {
	soon := func() time.Time { return time.Now().Add(time.Second) }
	ctx := t.Context()
	for name, fill := range map[string]func(a *Auth){
		"a private session":                 func(a *Auth) { a.sessions.PrivateStore().Commit("x", []byte{1}, soon()) },
		"a look-up of a logout everywhere":  func(a *Auth) { a.sessions.Generation(ctx, "oAlice_1") },
		"the result of a code":              func(a *Auth) { a.logins.results.Put(ctx, "code", "browser", "record", once.Life) },
		"a logout":                          func(a *Auth) { a.logins.results.End(ctx, "browser") },
		"a login of a browser":              func(a *Auth) { a.logins.guard.Add("browser", time.Now()) },
		"a state that came without cookies": func(a *Auth) { a.logins.askedAgain.Is("state", time.Now()) },
		"a delivery of a code":              func(a *Auth) { a.logins.deliveries.Add("code", "browser", "oAlice_1", time.Now()) },
		"a follower":                        func(a *Auth) { a.followers.Heard(ctx, "oAlice_1", true, time.Now()) },
		"a message from WeChat":             message,
		"a refresh token":                   func(a *Auth) { a.tokens.memory.Commit("x", []byte{1}, soon()) },
		"a login that has ended":            func(a *Auth) { a.watch.ends.Is(ctx, "flow", time.Now()) },
		"log lines that were withheld": func(a *Auth) {
			for range 2 {
				a.watch.tell(ctx, Event{Name: LoginStart}, line{level: slog.LevelInfo, text: "x", kind: "x"})
			}
		},
		"a code on a screen": func(a *Auth) { a.screens.memory.Commit("x", []byte{1}, soon()) },
		"the number of codes a person opened": func(a *Auth) {
			a.screens.codes.Scan(ctx, "code", "oAlice_1", "https://app.example.com")
			a.screens.memory = session.NewMemory() // without the code itself
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(2 * 365 * 24 * time.Hour) // from 2000 to a year whose timestamps have ten digits, as WeChat's
				a, err := newAuth(Config{
					AppID: testAppID, AppSecret: testSecret, KeepTokens: true, LogoutEverywhere: true, ScreenLogin: true,
					Observer: &recorder{}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
				}, time.Now)
				if err != nil {
					t.Fatal(err)
				}
				defer a.Close()
				if a.holds() {
					t.Fatal("rule: a new instance holds nothing")
				}
				fill(a)
				if !a.holds() {
					t.Errorf("rule: the sweeper has work while %s is held", name)
				}
				a.sweeper.wake()
				time.Sleep(time.Hour) // the clock of synctest: nobody waits
				synctest.Wait()
				if a.holds() || a.sweeper.awake.Load() {
					t.Errorf("rule: %s is dropped once it is over, and then the sweeper rests", name)
				}
			})
		})
	}
}

// message brings one whose signature is remembered.
func message(a *Auth) {
	h, err := a.PushHandler(push.Config{Token: pushToken})
	if err != nil {
		panic(err)
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	q := url.Values{"timestamp": {at}, "nonce": {"1"}, "signature": {sha1Of(pushToken, at, "1")}}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/push?"+q.Encode(), strings.NewReader("x")))
}
