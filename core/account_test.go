package core

import (
	"context"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/wxapi"
)

// actedFor is an account whose codes another party spends: its links have one more
// parameter, and its keys come from that party's secret.
type actedFor struct {
	*officialAccount
	material keyMaterial
	spent    *int
}

func (a *actedFor) keys() keyMaterial { return a.material }

func (a *actedFor) authorizeURL(back string, asked Scope, state, lang string) string {
	link, fragment, _ := strings.Cut(a.officialAccount.authorizeURL(back, asked, state, lang), "#")
	return link + "&component_appid=wxplatform#" + fragment
}

func (a *actedFor) exchange(ctx context.Context, code string) (*wxapi.Token, error) {
	*a.spent++
	return a.officialAccount.exchange(ctx, code)
}

func TestALoginAsksItsAccountAlone(t *testing.T) {
	r := newRig(t)
	c := Config{AppID: testAppID, AppSecret: testSecret, PublicURL: "https://app.example.com", OpenURL: r.open, APIURL: r.open}
	w := newWatch(&c, r.now)
	own, err := newOfficialAccount(&c, w)
	if err != nil {
		t.Fatal(err)
	}
	spent := 0
	account := &actedFor{own, keyMaterial{name: "wxplatform for " + testAppID, secret: "the platform's secret"}, &spent}
	c.AppSecret = ""
	another, err := newAuthOf(c, account, r.auth.public, w, r.now)
	if err != nil {
		t.Fatal(err)
	}
	defer another.Close()
	b, gate := r.browser(), NewGate(ModeRequire, another)
	start := b.get(gate, "/a")
	if b.authorize(start).Get("component_appid") != "wxplatform" {
		t.Errorf("rule: the account makes the link to WeChat: %s", start.Header.Get("Location"))
	}
	back := b.consent(start)
	if out := b.get(r.gate(ModeRequire), back); out.Status != 302 || spent != 0 || r.exchanges() != 0 {
		t.Errorf("rule: keys of other material accept nothing of this account: %d, %d exchanges", out.Status, r.exchanges())
	}
	if to := b.arrives(b.get(gate, back)); to != "/a" || spent != 1 {
		t.Errorf("rule: the account spends the code, once: %q, %d times", to, spent)
	}
	if u := b.user(gate, "/a"); u == nil || u.AppID != testAppID {
		t.Errorf("rule: users belong to the account's app id: %v", u)
	}
}
