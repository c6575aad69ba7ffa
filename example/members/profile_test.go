package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxapi"
	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestConsentIsAskedForOnceInALife(t *testing.T) {
	w := newWorld(t, nil)
	// The first login of a site that asks who follows fetches the account's token ahead.
	if _, err := w.app.auth.AccountToken().Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.ResetCalls()
	v := w.visitor(t)
	v.allows(t, "/profile").is(t, "with consent the page has name and picture", http.StatusOK, "profile",
		`<bdi id="nickname">小美🌸</bdi>`, `id="avatar" src="`+w.wechat+wxsim.AvatarPath(mei)+`"`)
	if m := w.member(t); m.Nickname != "小美🌸" || m.Avatar == "" || m.ProfileAt.IsZero() || m.UnionID != w.UnionID(mei) {
		t.Errorf("rule: the login stores what WeChat told; got %+v", m)
	}
	w.asked(t, "a look, then consent: two logins, one profile", calls{logins: 2, profiles: 1})

	v.post(t, "/logout").is(t, "a logout ends on the front page", http.StatusOK, "home", `id="to-login"`)
	v.get(t, "/profile").is(t, "a known profile is not asked for again", http.StatusOK, "profile", "小美🌸")
	w.asked(t, "and costs one silent login", calls{logins: 1})
	if m := w.member(t); m.Nickname != "小美🌸" {
		t.Errorf("rule: a silent login leaves the stored profile alone; got %+v", m)
	}
	w.visitor(t).get(t, "/login?to=/").is(t, "the login link comes back", http.StatusOK, "home", `<b id="number">1</b>`)
}

func TestARefreshReadsTheProfileAgain(t *testing.T) {
	w := newWorld(t, nil)
	v := w.visitor(t)
	v.allows(t, "/profile")
	w.exec(t, `UPDATE members SET nickname = 'an older name', avatar = ''`)
	w.ResetCalls()
	v.post(t, "/profile/refresh").is(t, "it brings the newest name and picture, and says so", http.StatusOK, "profile",
		`data-renewal="done"`, "小美🌸", `id="avatar"`)
	w.asked(t, "through the refresh token, without a login", calls{renewals: 1, profiles: 1})
}

func TestARefreshThatWeChatNoLongerAllowsIsSaidPlainly(t *testing.T) {
	w := newWorld(t, nil)
	v := w.visitor(t)
	v.allows(t, "/profile")
	w.visitor(t).get(t, "/login") // a later silent login, on another phone, ends the token
	p := v.post(t, "/profile/refresh")
	p.is(t, "she reads that WeChat does not allow it, and what to do", http.StatusOK, "profile",
		`data-renewal="refused"`, "请退出登录", "小美🌸")
	p.lacks(t, "what cannot work is not offered again", `id="refresh"`)
	v.post(t, "/profile/refresh").is(t, "a second try says the same", http.StatusOK, "profile", `data-renewal="refused"`)

	v.post(t, "/logout")
	v.allows(t, "/profile").is(t, "after a logout WeChat asks anew", http.StatusOK, "profile", "小美🌸")
	v.post(t, "/profile/refresh").is(t, "and then it works again", http.StatusOK, "profile", `data-renewal="done"`)
}

func TestARefreshWhileWeChatIsDownKeepsEverything(t *testing.T) {
	w := newWorld(t, nil)
	v := w.visitor(t)
	v.allows(t, "/profile")
	w.Fail(wxsim.PathRefreshToken, wxsim.Fault{Status: http.StatusBadGateway, Body: "<html>"})
	v.post(t, "/profile/refresh").is(t, "trouble that passes is told as such", http.StatusOK, "profile", `data-renewal="unavailable"`, "小美🌸")
	w.Clear(wxsim.PathRefreshToken)
	v.post(t, "/profile/refresh").is(t, "it works afterwards", http.StatusOK, "profile", `data-renewal="done"`)
}

func TestWhoMayPressRefresh(t *testing.T) {
	w := newWorld(t, nil)
	v := w.visitor(t)
	v.allows(t, "/profile")
	w.ResetCalls()
	for rule, header := range map[string]http.Header{
		"a form of another site is refused":                  {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
		"a form of a neighbour under one domain is refused":  {"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://other.localhost"}},
		"so it is where a browser tells nothing but Origin":  {"Origin": {"https://evil.example"}},
		"a page without an origin is another site":           {"Origin": {"null"}},
		"the host alone is not enough, the port counts, too": {"Origin": {"http://localhost:1"}},
	} {
		p := v.send(t, http.MethodPost, w.site+"/profile/refresh", nil, header)
		if p.status != http.StatusForbidden || w.Calls(wxsim.PathRefreshToken) != 0 {
			t.Errorf("rule: %s; got %d and %d calls", rule, p.status, w.Calls(wxsim.PathRefreshToken))
		}
	}
	nobody := w.visitor(t)
	p := nobody.post(t, "/profile/refresh")
	if w.Calls(wxsim.PathRefreshToken) != 0 || !strings.HasSuffix(p.url, "/profile") {
		t.Errorf("rule: nobody is led to log in, and renews nothing; got %d at %s", p.status, p.url)
	}
	silent := w.visitor(t)
	w.exec(t, `UPDATE members SET profile_at = 0`) // or the login would be raised
	silent.get(t, "/login")
	if p = silent.post(t, "/profile/refresh"); !strings.HasPrefix(p.url, w.wechat) || strings.Contains(p.url, "renewal") {
		t.Errorf("rule: who never gave consent is asked for it, and reads nothing of a refusal; got %d at %s", p.status, p.url)
	}
}

func TestWhoIsNoLongerInTheTableLogsInAgain(t *testing.T) {
	w := newWorld(t, nil)
	w.follows(t)
	v := w.visitor(t)
	v.get(t, "/members")
	w.exec(t, `DELETE FROM members`)
	w.ResetCalls()
	v.get(t, "/members").is(t, "a session without a row ends, and the login registers her anew", http.StatusOK, "members", `id="met">打开了本站`)
	w.asked(t, "it takes one silent login, and the page catches up", calls{logins: 1, followers: 1})
	v.get(t, "/members").is(t, "it stays so", http.StatusOK, "members")
	w.asked(t, "without another login", calls{})
}

func TestOlderNewsChangeNothing(t *testing.T) {
	w := newWorld(t, nil)
	table, ctx, openID := w.app.members, t.Context(), w.OpenID(appID, mei)
	early, late := time.Unix(1_700_000_000, 0), time.Unix(1_700_000_100, 0)
	if _, err := table.followed(ctx, openID, late, "second"); err != nil {
		t.Fatal(err)
	}
	if n, err := table.left(ctx, openID, early); n != 0 || err != nil || !w.member(t).Follows {
		t.Errorf("rule: who left and came back follows, whatever arrives last; got %d, %v, %+v", n, err, w.member(t))
	}
	if n, err := table.followed(ctx, openID, early, "first"); n != 0 || err != nil || w.member(t).QRScene != "second" {
		t.Errorf("rule: an older follow does not outdo a later one; got %d, %v, %+v", n, err, w.member(t))
	}
	if _, err := table.left(ctx, openID, late); err != nil || w.member(t).Follows {
		t.Errorf("rule: of two in one second the one that came last counts; got %v, %+v", err, w.member(t))
	}
	if err := table.described(ctx, &wxapi.Follower{Subscribed: true, OpenID: openID, SubscribedAt: early}); err != nil || w.member(t).Follows {
		t.Errorf("rule: what WeChat told before she left does not bring her back; got %v, %+v", err, w.member(t))
	}
	u := &core.User{AppID: appID, OpenID: openID, Scope: core.Silent, LoggedInAt: early}
	if n, err := table.loggedIn(ctx, u); n != 1 || err != nil || w.member(t).Follows {
		t.Errorf("rule: a login does not say that she follows; got %d, %v, %+v", n, err, w.member(t))
	}

	w.exec(t, `DELETE FROM members`)
	if _, err := table.loggedIn(ctx, u); err != nil {
		t.Fatal(err)
	}
	if err := table.described(ctx, &wxapi.Follower{OpenID: openID}); err != nil || w.member(t).Follows {
		t.Errorf("rule: who WeChat says does not follow does not; got %v, %+v", err, w.member(t))
	}
}

func TestNumbersHaveNoGaps(t *testing.T) {
	w := newWorld(t, nil)
	for range 3 {
		w.visitor(t).get(t, "/login")
	}
	jun := &core.User{AppID: appID, OpenID: w.OpenID(appID, "jun"), Scope: core.Silent, LoggedInAt: time.Now()}
	if n, err := w.app.members.loggedIn(t.Context(), jun); n != 2 || err != nil {
		t.Errorf("rule: however often the first one logs in, the second member is number 2; got %d, %v", n, err)
	}
}

func TestATableInMemoryOutlivesAVisitorWhoLeaves(t *testing.T) {
	table, err := openMembers("", appID)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	u := &core.User{AppID: appID, OpenID: "osim_somebody", Scope: core.Silent, LoggedInAt: time.Now()}
	if _, err := table.loggedIn(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := table.find(gone, u.OpenID); err == nil {
		t.Error("rule: a query ends with its request")
	}
	if m, err := table.find(t.Context(), u.OpenID); m == nil || err != nil {
		t.Errorf("rule: the table is still there; got %+v, %v", m, err)
	}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if m, err := table.find(t.Context(), u.OpenID); m == nil || err != nil {
				t.Errorf("rule: requests at once share one table; got %+v, %v", m, err)
			}
		})
	}
	all.Wait()
}

func TestPagesAreStrict(t *testing.T) {
	w := newWorld(t, nil)
	p := w.visitor(t).get(t, "/")
	policy := p.header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "style-src 'sha256-", "form-action 'self'", "frame-ancestors 'none'", "img-src https: data: " + w.wechat + ";"} {
		if !strings.Contains(policy, part) {
			t.Errorf("rule: a page's policy has %s; got %s", part, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") || p.header.Get("Cache-Control") != "no-store" {
		t.Errorf("rule: no script, nothing inline but the style, nothing stored; got %v", p.header)
	}
}

func TestFormsBehindAProxyThatChangesTheHost(t *testing.T) {
	environment(t, "WECHAT_APP_ID", "wx1", "WECHAT_APP_SECRET", "hush", "WECHAT_PUBLIC_URL", "https://app.example.com/")
	of, err := accountFor("localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	table, err := openMembers("", "wx1")
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	a, err := newApp(of.config, of.push, table, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for rule, tc := range map[string]struct {
		from string
		want int
	}{
		"a form of the public address is the site's own": {"https://app.example.com", http.StatusSeeOther},
		"one of another address is not":                  {"https://app.example.com.evil.example", http.StatusForbidden},
	} {
		r := httptest.NewRequest(http.MethodPost, "/profile/refresh", nil)
		r.Host = "backend:3000"
		r.Header.Set("Origin", tc.from)
		answer := httptest.NewRecorder()
		a.handler.ServeHTTP(answer, r)
		if answer.Code != tc.want {
			t.Errorf("rule: %s; got %d", rule, answer.Code)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		answer := httptest.NewRecorder()
		a.handler.ServeHTTP(answer, httptest.NewRequest(method, pushPath, nil))
		if answer.Code != http.StatusNotFound {
			t.Errorf("rule: without a token nothing takes messages; got %d for %s", answer.Code, method)
		}
	}
}
