package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core"
)

// block is what an operator does.
func (w *world) block(t *testing.T, reason string) {
	t.Helper()
	if _, err := w.db.Exec(`INSERT INTO blocked (app_id, openid, reason) VALUES (?, ?, ?)`, appID, w.OpenID(appID, mei), reason); err != nil {
		t.Fatal(err)
	}
}

func TestABlockedPersonIsNotLoggedInAndReadsWhy(t *testing.T) {
	w := newWorld(t, nil)
	w.block(t, "请先归还《茶经》<b>")
	v := w.visitor(t)
	p := v.get(t, "/members")
	p.is(t, "a blocked person reads the reason, escaped", http.StatusForbidden, "denied", "请先归还《茶经》&lt;b&gt;")
	p.lacks(t, "there is nothing to try again", `id="retry"`)
	if n := w.rows(t); n != 0 {
		t.Errorf("rule: a blocked person is not registered; got %d rows", n)
	}
	v.get(t, "/").lacks(t, "and is not logged in", `id="number"`)
}

func TestABlockCountsAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.follows(t)
	v := w.visitor(t)
	v.get(t, "/members").is(t, "a member gets in", http.StatusOK, "members")
	w.block(t, "")
	v.get(t, "/members").is(t, "a block counts on the next request, and a block without a reason has one to read", http.StatusForbidden, "denied", "请联系我们")
	v.get(t, "/profile").lacks(t, "it counts on every page for members", `id="number"`)

	script := v.send(t, http.MethodGet, w.site+"/members", nil, http.Header{"Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Dest": {"empty"}})
	var problem map[string]any
	if err := json.Unmarshal([]byte(script.body), &problem); err != nil || script.status != http.StatusForbidden || problem["login_url"] != nil {
		t.Errorf("rule: a script gets a problem document without an address to log in at; got %d %s", script.status, script.body)
	}

	w.exec(t, `DELETE FROM blocked`)
	v.get(t, "/members").is(t, "without the block she is a member again, without a login", http.StatusOK, "members", `<b id="number">1</b>`)
}

func TestAPlaceholderDoesNotOverwriteAKnownName(t *testing.T) {
	w := newWorld(t, nil)
	table, ctx, openID := w.app.members, t.Context(), w.OpenID(appID, mei)
	comes := func(nickname, avatar string) *core.User {
		return &core.User{AppID: appID, OpenID: openID, Scope: core.Prompt, Nickname: nickname, Avatar: avatar, LoggedInAt: time.Now()}
	}
	hidden := comes("微信用户", "https://grey.example/132")
	logsIn := func(u *core.User) error { _, err := table.loggedIn(ctx, u); return err }
	renews := func(u *core.User) error { return table.renewed(ctx, u) }
	for _, step := range []struct {
		rule, nickname, avatar string
		do                     func(*core.User) error
		user                   *core.User
	}{
		{"without a known name the placeholder is kept", "微信用户", hidden.Avatar, logsIn, hidden},
		{"a name takes the placeholder's place", "小美", "https://a.example/1", logsIn, comes("小美", "https://a.example/1")},
		{"a placeholder at a login leaves the known name", "小美", "https://a.example/1", logsIn, hidden},
		{"so does a placeholder at a renewal", "小美", "https://a.example/1", renews, hidden},
		{"another name takes the known one's place", "美", "https://a.example/2", renews, comes("美", "https://a.example/2")},
	} {
		if err := step.do(step.user); err != nil {
			t.Fatal(err)
		}
		if m := w.member(t); m.Nickname != step.nickname || m.Avatar != step.avatar || m.ProfileAt.IsZero() {
			t.Errorf("rule: %s; got %q %q, asked for at %v", step.rule, m.Nickname, m.Avatar, m.ProfileAt)
		}
	}
}
