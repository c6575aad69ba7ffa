package core

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxapi"
	"github.com/seed467724c4/wechat/core/wxsim"
)

func keepTokens(c *Config) { c.KeepTokens = true }

// rename is what WeChat says of everybody from now on.
func (r *rig) rename(b *browser, nickname string) {
	r.sim.Clear(wxsim.PathUserInfo)
	r.sim.Fail(wxsim.PathUserInfo, wxsim.Fault{Body: `{"openid":"` + b.openID() + `","nickname":"` + nickname + `","headimgurl":"https://thirdwx.qlogo.cn/new/132"}`})
}

func TestRefreshProfile(t *testing.T) {
	for name, sessions := range map[string]func(*Config){
		"private sessions": func(*Config) {},
		"the app's own":    func(c *Config) { c.Sessions = manager(session.NewMemory()) },
		"no public URL":    func(c *Config) { c.PublicURL = "" },
	} {
		r := newRig(t, keepTokens, sessions, func(c *Config) {
			c.OnLogin = func(_ context.Context, u *User) error { u.AppUserID = "7"; return nil }
		})
		b, g := r.browser(), r.gate(ModeRequire, Prompt)
		b.login(g, "/profile")
		r.rename(b, "新名字")
		out := b.get(g, "/profile")
		was, _ := FromContext(orEmpty(out))
		before := *was
		u, err := r.auth.RefreshProfile(out.Context, was)
		if err != nil || u.Nickname != "新名字" || u.Avatar != "https://thirdwx.qlogo.cn/new/132" || u.OpenID != was.OpenID {
			t.Fatalf("rule: the profile is renewed (%s): %v", name, err)
		}
		if was.Nickname != before.Nickname {
			t.Errorf("rule: the user that others may be reading is not changed (%s)", name)
		}
		now := b.user(g, "/profile")
		if now == nil || now.Nickname != "新名字" || now.AppUserID != "7" || !now.LoggedInAt.Equal(was.LoggedInAt) || r.exchanges() != 1 {
			t.Errorf("rule: the session has the new profile, and all else that it had (%s): %+v", name, now)
		}
	}
}

func TestRefreshProfileFromAnywhere(t *testing.T) {
	r := newRig(t, keepTokens)
	b, g := r.browser(), r.gate(ModeRequire, Prompt)
	b.login(g, "/profile")
	r.rename(b, "新名字")
	u, err := r.auth.RefreshProfile(context.Background(), &User{AppID: loginAppID(), OpenID: b.openID(), AppUserID: "7"})
	if err != nil || u.Nickname != "新名字" || u.AppUserID != "7" || u.Scope != Prompt {
		t.Errorf("rule: a nightly job renews profiles by openid: %v", err)
	}
	if now := b.user(g, "/profile"); now.Nickname == "新名字" {
		t.Error("rule: without her request, nobody's session is touched")
	}
	r.sim.Clear(wxsim.PathUserInfo)
	other := r.browser()
	other.person = "jun"
	other.login(g, "/profile")
	r.rename(b, "新名字")
	out := other.get(g, "/profile")
	if _, err := r.auth.RefreshProfile(out.Context, &User{AppID: loginAppID(), OpenID: b.openID()}); err != nil {
		t.Fatal(err)
	}
	if now := other.user(g, "/profile"); now.Nickname == "新名字" || now.OpenID != other.openID() {
		t.Error("rule: another visitor's request does not get the profile")
	}
}

func TestWhereNoTokenIsKept(t *testing.T) {
	off, on := newRig(t), newRig(t, keepTokens)
	for _, r := range []*rig{off, on} {
		b := r.browser()
		if r == off {
			b.login(r.gate(ModeRequire, Prompt), "/profile")
		} else {
			b.login(r.gate(ModeRequire), "/me") // silent: nothing can be renewed with its token
		}
		if _, err := r.auth.RefreshProfile(context.Background(), &User{AppID: loginAppID(), OpenID: b.openID()}); !errors.Is(err, ErrNoToken) {
			t.Errorf("rule: without Config.KeepTokens, or a consent, no token is kept: %v", err)
		}
	}
	b := on.browser()
	b.login(on.gate(ModeRequire, Prompt), "/profile")
	for rule, u := range map[string]*User{"nobody": nil, "another account's user": {AppID: "wx9", OpenID: b.openID()}, "a stranger": {AppID: testAppID, OpenID: "oAlice_1"}} {
		if _, err := on.auth.RefreshProfile(context.Background(), u); !errors.Is(err, ErrNoToken) {
			t.Errorf("rule: %s has no token: %v", rule, err)
		}
	}
}

func TestWhenWeChatNoLongerAllowsIt(t *testing.T) {
	for _, tt := range []struct {
		rule, path string
		fault      wxsim.Fault
		want       error
		forgotten  bool
	}{
		{"the refresh token is over 30 days old", wxsim.PathRefreshToken, wxsim.Fault{Code: 42002}, ErrRefreshRefused, true},
		{"the refresh token is void", wxsim.PathRefreshToken, wxsim.Fault{Code: 40030}, ErrRefreshRefused, true},
		{"the visitor changed the password", wxsim.PathRefreshToken, wxsim.Fault{Code: 42007}, ErrRefreshRefused, true},
		{"the permission is gone", wxsim.PathUserInfo, wxsim.Fault{Code: 48001}, ErrRefreshRefused, true},
		{"WeChat is busy", wxsim.PathRefreshToken, wxsim.Fault{Code: -1}, ErrUnavailable, false},
		{"WeChat is away", wxsim.PathUserInfo, wxsim.Fault{Drop: true}, ErrUnavailable, false},
		{"the minute's quota is used up", wxsim.PathUserInfo, wxsim.Fault{Code: 45011}, ErrUnavailable, false},
		{"the reply is about somebody else", wxsim.PathRefreshToken, wxsim.Fault{Body: `{"access_token":"59_0123456789012345678901234567890123456789","expires_in":7200,"refresh_token":"59_0123456789012345678901234567890123456789","openid":"oMallory_1","scope":"snsapi_userinfo"}`}, ErrUnavailable, false},
	} {
		r := newRig(t, keepTokens)
		b := r.browser()
		b.login(r.gate(ModeRequire, Prompt), "/profile")
		u := &User{AppID: loginAppID(), OpenID: b.openID()}
		r.sim.Fail(tt.path, tt.fault)
		got, err := r.auth.RefreshProfile(context.Background(), u)
		var wx *wxapi.Error
		if got != nil || !errors.Is(err, tt.want) || tt.fault.Code != 0 && (!errors.As(err, &wx) || wx.Code != tt.fault.Code) {
			t.Errorf("rule: when %s, the error says so plainly: %v", tt.rule, err)
		}
		r.sim.Clear(tt.path)
		if _, err := r.auth.RefreshProfile(context.Background(), u); errors.Is(err, ErrNoToken) != tt.forgotten {
			t.Errorf("rule: when %s, the token is forgotten: %t: %v", tt.rule, tt.forgotten, err)
		}
	}
}

func TestARefusedTokenTakesNoNewOneAlong(t *testing.T) {
	r := newRig(t, keepTokens)
	b := r.browser()
	b.login(r.gate(ModeRequire, Prompt), "/profile")
	u := &User{AppID: loginAppID(), OpenID: b.openID()}
	release := make(chan struct{})
	r.sim.Fail(wxsim.PathRefreshToken, wxsim.Fault{Code: 40030, Times: 1, Wait: release})
	refused := make(chan error)
	go func() { _, err := r.auth.RefreshProfile(context.Background(), u); refused <- err }()
	for r.sim.Calls(wxsim.PathRefreshToken) == 0 {
		runtime.Gosched()
	}
	r.browser().login(r.gate(ModeRequire, Prompt), "/profile") // the same person
	close(release)
	if err := <-refused; !errors.Is(err, ErrRefreshRefused) {
		t.Fatal(err)
	}
	if _, err := r.auth.RefreshProfile(context.Background(), u); err != nil {
		t.Errorf("rule: the token of a login meanwhile stays: %v", err)
	}
}

func TestANewRefreshTokenIsKept(t *testing.T) {
	r := newRig(t, keepTokens)
	b := r.browser()
	b.login(r.gate(ModeRequire, Prompt), "/profile")
	u := &User{AppID: loginAppID(), OpenID: b.openID()}
	const next = "59_next-012345678901234567890123456789012345678901234567890123456789"
	r.sim.Fail(wxsim.PathRefreshToken, wxsim.Fault{Times: 1, Body: `{"access_token":"59_access-0123456789012345678901234567890123456789","expires_in":7200,"refresh_token":"` + next + `","openid":"` + b.openID() + `","scope":"snsapi_userinfo"}`})
	r.sim.Fail(wxsim.PathUserInfo, wxsim.Fault{Code: -1, Times: 2})
	if _, err := r.auth.RefreshProfile(context.Background(), u); !errors.Is(err, ErrUnavailable) {
		t.Fatal(err)
	}
	kept, _, _ := r.auth.tokens.vault.Get(context.Background(), tokenKey(loginAppID(), b.openID()))
	if string(kept) != next {
		t.Error("rule: a new refresh token is kept, though the profile could not be read")
	}
}

// slowWeChat renews everybody's token once it is released, and counts profiles.
type slowWeChat struct {
	release  chan struct{}
	profiles atomic.Int64
}

func (s *slowWeChat) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{"openid":"oAlice_1","nickname":"新名字"}`
	if r.URL.Path == wxsim.PathRefreshToken {
		<-s.release
		body = `{"access_token":"59_access-0123456789012345678901234567890123456789","expires_in":7200,"refresh_token":"59_kept","openid":"oAlice_1","scope":"snsapi_userinfo"}`
	} else {
		s.profiles.Add(1)
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func TestManyWhoRefreshCallWeChatOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wechat := &slowWeChat{release: make(chan struct{})}
		auth, err := newAuth(Config{AppID: testAppID, AppSecret: testSecret, KeepTokens: true, HTTPClient: &http.Client{Transport: wechat}, Logger: slog.New(slog.DiscardHandler)}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer auth.Close()
		auth.tokens.keep(t.Context(), testAppID, &wxapi.Token{OpenID: "oAlice_1", RefreshToken: "59_kept"})
		u := &User{AppID: testAppID, OpenID: "oAlice_1"}
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if got, err := auth.RefreshProfile(t.Context(), u); err != nil || got.Nickname != "新名字" {
					t.Error(err)
				}
			})
		}
		left, cancel := context.WithCancel(t.Context())
		all.Go(func() {
			if _, err := auth.RefreshProfile(left, u); !errors.Is(err, context.Canceled) {
				t.Errorf("rule: who leaves does not wait: %v", err)
			}
		})
		synctest.Wait() // everybody waits for WeChat
		cancel()
		synctest.Wait()
		close(wechat.release)
		all.Wait()
		if n := wechat.profiles.Load(); n != 1 {
			t.Errorf("rule: however many renew one profile at once, WeChat is asked once: %d", n)
		}
	})
}

func TestWhoUnfollowsIsForgotten(t *testing.T) {
	r := newRig(t, keepTokens)
	b := r.browser()
	b.login(r.gate(ModeRequire, Prompt), "/profile")
	u := &User{AppID: loginAppID(), OpenID: b.openID()}
	called := make(chan struct{})
	p := r.poster(push.Config{
		OnFollow:   func(context.Context, push.FollowEvent) error { called <- struct{}{}; return nil },
		OnUnfollow: func(context.Context, push.UnfollowEvent) error { called <- struct{}{}; return nil },
	})
	for i, tt := range []struct {
		event string
		kept  bool
	}{{"subscribe", true}, {"unsubscribe", false}} {
		p.post(event(u.OpenID, tt.event, "", r.now().Add(time.Duration(i)*time.Second)))
		<-called
		if _, err := r.auth.RefreshProfile(context.Background(), u); errors.Is(err, ErrNoToken) == tt.kept {
			t.Errorf("rule: the token of who leaves is deleted, and nobody else's (%s): %v", tt.event, err)
		}
	}
}

func TestKeptTokensAreSealed(t *testing.T) {
	shared := session.NewMemory()
	r := newRig(t, keepTokens, func(c *Config) { c.Cache = shared })
	b := r.browser()
	b.login(r.gate(ModeRequire, Prompt), "/profile")
	all, _ := shared.All()
	for key, value := range all {
		if strings.Contains(key+string(value), "59_") || strings.Contains(key+string(value), b.openID()) {
			t.Error("rule: neither token nor openid lies in a shared store in the clear")
		}
	}
	other := r.instance(keepTokens, func(c *Config) { c.Cache = shared })
	if _, err := other.RefreshProfile(context.Background(), &User{AppID: loginAppID(), OpenID: b.openID()}); err != nil {
		t.Errorf("rule: every node can renew: %v", err)
	}
	down := r.instance(keepTokens, func(c *Config) { c.Cache = brokenStore{} })
	if _, err := down.RefreshProfile(context.Background(), &User{AppID: loginAppID(), OpenID: b.openID()}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("rule: a cache that is down cannot tell: %v", err)
	}
	if g := NewGate(ModeRequire, down, Prompt); r.browser().login(g, "/profile") != "/profile" {
		t.Error("rule: a login does not fail for its refresh token")
	}
	private := newRig(t, keepTokens)
	pb := private.browser()
	pb.login(private.gate(ModeRequire, Prompt), "/profile")
	private.auth.tokens.memory.Sweep(time.Now().Add(refreshTokenLife + time.Second))
	if _, err := private.auth.RefreshProfile(context.Background(), &User{AppID: testAppID, OpenID: pb.openID()}); !errors.Is(err, ErrNoToken) {
		t.Errorf("rule: a token is kept no longer than it lives: %v", err)
	}
}
