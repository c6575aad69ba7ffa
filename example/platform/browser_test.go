package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const (
	browserTime = 90 * time.Second // how long one browser may live; a walk takes a few seconds
	stepTime    = 30 * time.Second // how long one click may take to show its page
)

// TestTwoMerchantsInABrowser walks through the site in Chromium: two merchants connect
// their accounts in WeChat, a visitor logs in to both shops, one merchant leaves, and
// comes back. Pictures of all pages go to the folder SCREENSHOTS, if it is set.
func TestTwoMerchantsInABrowser(t *testing.T) {
	for _, s := range []screen{{390, 844, true, "zh-CN"}, {1280, 800, false, "en-US"}} {
		t.Run(fmt.Sprintf("%d-%s", s.width, s.lang), func(t *testing.T) {
			w := newWorld(t)
			merchants := map[string]*browser{teaShop: openBrowser(t, s), bookShop: openBrowser(t, s)}
			for _, shop := range []string{teaShop, bookShop} {
				b := merchants[shop]
				b.visit(t, w.site+"/")
				b.sees(t, `body[data-page="home"] #empty`, "home-empty")
				b.click(t, "#connect")
				b.sees(t, `body[data-page="connect"] #consent`, "connect")
				b.click(t, "#consent")
				b.sees(t, "form#platform", "consent")
				b.script(t, fmt.Sprintf(`document.getElementById("account-%s").checked = true`, shop))
				b.click(t, "#allow")
				b.sees(t, fmt.Sprintf(`[data-shop="%s"] [data-state="connected"]`, shop), "home-connected")
			}
			merchants[teaShop].visit(t, w.site+"/")
			if n := merchants[teaShop].script(t, `String(document.querySelectorAll("[data-shop]").length)`); n != "1" {
				t.Errorf("rule: a merchant sees the own shop only: %s", n)
			}

			v := openBrowser(t, s)
			for shop, name := range map[string]string{teaShop: "清风茶舍", bookShop: "巷口书店"} {
				v.visit(t, w.site+shopsPath+shop+"/")
				v.sees(t, `body[data-page="shop"] #openid`, "shop-silent")
				if got := v.script(t, `document.getElementById("shop").textContent + " " + document.getElementById("openid").textContent`); got != name+" "+w.sim.OpenID(shop, "mei") {
					t.Errorf("rule: one person has another openid at each shop: %q", got)
				}
			}
			if at := v.script(t, `location.search + location.hash`); at != "" && at != "#wechat_redirect" {
				t.Errorf("rule: neither code nor appid stays in the address: %q", at)
			}
			v.click(t, "#profile")
			v.sees(t, "#consent", "visitor-consent")
			v.click(t, "#allow")
			v.sees(t, `body[data-page="shop"] .face`, "shop-profile")

			if err := w.sim.Disconnect(t.Context(), w.config.AppID, teaShop); err != nil {
				t.Fatal(err)
			}
			v.visit(t, w.site+shopsPath+teaShop+"/")
			v.sees(t, `body[data-page="withdrawn"]`, "shop-gone")
			merchants[teaShop].visit(t, w.site+"/")
			merchants[teaShop].sees(t, `[data-state="gone"]`, "home-gone")
			v.visit(t, w.site+shopsPath+bookShop+"/")
			v.sees(t, `body[data-page="shop"]`, "")
			v.visit(t, w.site+shopsPath+"wxunknown/")
			v.sees(t, `body[data-page="not-found"]`, "shop-unknown")

			b := merchants[teaShop]
			b.click(t, "#connect")
			b.sees(t, "#consent", "")
			b.click(t, "#consent")
			b.sees(t, "form#platform", "")
			b.script(t, fmt.Sprintf(`document.getElementById("account-%s").checked = true`, teaShop))
			b.click(t, "#allow")
			b.sees(t, `[data-state="connected"]`, "")
			v.visit(t, w.site+shopsPath+teaShop+"/")
			v.sees(t, `body[data-page="shop"]`, "")

			// A link that somebody else has made connects nothing to this merchant.
			code, err := w.sim.Connect(t.Context(), w.config.AppID, bookShop)
			if err != nil {
				t.Fatal(err)
			}
			b.visit(t, w.site+"/connected?check=made-up&auth_code="+code)
			b.sees(t, `body[data-page="foreign"]`, "foreign")
		})
	}
}

// screen is what a person looks at.
type screen struct {
	width, height int64
	phone         bool
	lang          string
}

// browser is one window of one browser with nobody's history.
type browser struct {
	screen
	ctx context.Context
}

func openBrowser(t *testing.T, s screen) *browser {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoFirstRun, chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"), // this machine only
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-dev-shm-usage", true), // containers have little of it
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium has none for root
	}
	// Not t.Context(): it ends before the browser was closed politely.
	ctx, cancel := context.WithTimeout(context.Background(), browserTime)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, _ = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("cannot start Chromium: %v", err)
	}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // waits for the process
			t.Errorf("cannot end Chromium: %v", err)
		}
	})
	view := []chromedp.EmulateViewportOption{chromedp.EmulateScale(1)}
	if s.phone {
		view = []chromedp.EmulateViewportOption{chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch}
	}
	b := &browser{s, ctx}
	agent := "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50"
	b.run(t, chromedp.EmulateViewport(s.width, s.height, view...), emulation.SetUserAgentOverride(agent).WithAcceptLanguage(s.lang))
	return b
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("this test needs a browser: install chromium (and fonts-noto-cjk for the pictures)")
	return ""
}

func (b *browser) run(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTime)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		var at, text string
		chromedp.Run(b.ctx, chromedp.Location(&at), chromedp.Text("body", &text, chromedp.ByQuery))
		t.Fatalf("%v at %s: %.300s", err, at, text)
	}
}

func (b *browser) visit(t *testing.T, address string) {
	t.Helper()
	b.run(t, chromedp.Navigate(address))
}

func (b *browser) click(t *testing.T, selector string) {
	t.Helper()
	b.run(t, chromedp.Click(selector, chromedp.ByQuery))
}

// sees waits for an element, and takes a picture.
func (b *browser) sees(t *testing.T, selector, picture string) {
	t.Helper()
	b.run(t, chromedp.WaitVisible(selector, chromedp.ByQuery))
	folder := os.Getenv("SCREENSHOTS")
	if picture == "" || folder == "" {
		return
	}
	var image []byte
	b.run(t, chromedp.FullScreenshot(&image, 100))
	if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%d.png", picture, b.width)), image, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (b *browser) script(t *testing.T, code string) (value string) {
	t.Helper()
	var got any
	b.run(t, chromedp.Evaluate(code, &got))
	return fmt.Sprint(got)
}
