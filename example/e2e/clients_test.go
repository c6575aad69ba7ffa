package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// TestClientsOfOthers lets clients that know nothing of the simulator log in
// against it, at WeChat's own addresses, so that it is not only our own client
// that likes it. Both send the parameters in the documented order and need none
// of the simulator's leniencies.
func TestClientsOfOthers(t *testing.T) {
	install(t)
	t.Run("wechat-oauth", func(t *testing.T) {
		w := startClient(t, "wechat-oauth")
		v := w.newVisitor(t, looks{device: phone, lang: "zh"})

		v.open(t, w.site.url+"/login?scope=snsapi_base")
		got := v.learned(t)
		is(t, "a silent login gives the openid", got, learned{OpenID: w.wechat.openID("mei"), Scope: "snsapi_base", Verified: true, Renewed: true})

		v.open(t, w.site.url+"/login?scope=snsapi_userinfo")
		v.consents(t, "ouyang", "#allow")
		got = v.learned(t)
		is(t, "consent gives the person chosen", got.OpenID, w.wechat.openID("ouyang"))
		is(t, "and the nickname", got.Nickname, nicknames["ouyang"])
		is(t, "the avatar has an address at WeChat", got.Avatar != "", true)
		is(t, "the tokens are good", got.Verified && got.Renewed, true)
		v.logWay(t)
		is(t, "the site ends", w.site.stop(t), nil)
	})
	t.Run("passport-wechat", func(t *testing.T) {
		w := startClient(t, "passport-wechat")
		v := w.newVisitor(t, looks{device: phone, lang: "zh"})

		v.open(t, w.site.url+"/login?scope=snsapi_base")
		got := v.learned(t)
		is(t, "a silent login gives the openid", got.OpenID, w.wechat.openID("mei"))
		is(t, "and no nickname", got.Nickname, "")

		v.open(t, w.site.url+"/login?scope=snsapi_userinfo")
		v.consents(t, "mei", "#allow")
		got = v.learned(t)
		is(t, "consent gives the person chosen", got.OpenID, w.wechat.openID("mei"))
		is(t, "and the nickname, emoji and all", got.Nickname, nicknames["mei"])

		for _, refusal := range []string{"#refuse-state", "#refuse-authdeny"} {
			v.open(t, w.site.url+"/login?scope=snsapi_userinfo")
			v.consents(t, "mei", refusal)
			v.sees(t, "body:not(:has(#consent))")
			is(t, "it understands "+refusal, v.text(t, "body"), "Unauthorized")
		}
		v.logWay(t)
		is(t, "the site ends", w.site.stop(t), nil)
	})
}

// startClient runs clients/NAME.js, which believes that it talks to WeChat.
func startClient(t *testing.T, name string) world {
	t.Helper()
	wechat := startWeChat(t)
	front := wechat.startFront(t)
	addr := freeAddr(t)
	cmd := exec.Command(program(t, "node"), "--require", "./clients/wechat-is-here.js", filepath.Join("clients", name+".js"))
	p := start(t, addr, cmd, "ADDR="+addr, "APP_ID="+appID, "APP_SECRET="+secret,
		"WECHAT_FRONT="+front.addr, "NODE_EXTRA_CA_CERTS="+front.cert)
	return world{site: &site{process: p, url: "http://" + addr}, wechat: wechat,
		wechatURL: weChatsOwn, mapped: front.mapped()}
}

// learned is what the clients' last page says.
type learned struct {
	OpenID   string `json:"openid"`
	Scope    string `json:"scope"`
	Nickname string `json:"nickname"`
	Avatar   string `json:"headimgurl"`
	Verified bool   `json:"verified"`
	Renewed  bool   `json:"renewed"`
}

func (v *visitor) learned(t *testing.T) (l learned) {
	t.Helper()
	v.sees(t, "pre") // how Chromium shows JSON
	text := v.text(t, "pre")
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return l
}

// install fetches the packages that package-lock.json names, unless they are
// there already. Their scripts are not run. Tests that run at once install once.
func install(t *testing.T) {
	t.Helper()
	installing.Lock()
	defer installing.Unlock()
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	const stamp = "node_modules/.installed-from"
	if have, err := os.ReadFile(stamp); err == nil && bytes.Equal(have, lock) {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t, "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v: it needs the registry that npm is configured for\n%s", err, out)
	}
	if err := os.WriteFile(stamp, lock, 0o644); err != nil {
		t.Fatal(err)
	}
}

var installing sync.Mutex

// program finds node or npm.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("these tests need %s: install nodejs (20 or newer) and npm, such as with apt-get install", name)
	}
	return path
}
