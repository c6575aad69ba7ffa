package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

const (
	browserTime = 90 * time.Second // how long one browser may live; a walk takes a few seconds
	stepTime    = 15 * time.Second // how long one click may take to show its page
)

// TestInABrowser walks through the site in Chromium, from not following to following
// and back, and takes pictures of all pages: screenshots/PAGE-WIDTH-THEME-LANG.png.
// Without Chromium (CHROMIUM names another than the one in PATH) it fails.
func TestInABrowser(t *testing.T) {
	for _, s := range []screen{{390, 844, true, "zh-CN"}, {1280, 800, false, "en-US"}} {
		t.Run(fmt.Sprintf("%d-%s", s.width, s.lang), func(t *testing.T) {
			w := newWorld(t, nil)
			b := openBrowser(t, s)

			b.visit(t, w.site+"/")
			b.sees(t, `body[data-page="home"]`, "home-out")
			b.click(t, "#to-members")
			b.sees(t, `body[data-page="follow"]`, "follow")
			b.script(t, `document.body.dataset.old = "yes"`) // the same page comes again
			b.click(t, "#retry")
			b.sees(t, `body[data-page="follow"]:not([data-old])`, "")

			b.click(t, "#follow")
			b.sees(t, "form#profile", "account")
			b.click(t, "button#follow")
			b.sees(t, "#done", "account-followed")
			w.log.await(t, "msg=follows", 1)
			// Back twice, as the account's page says: past the one before the button.
			b.script(t, `history.go(-2)`)
			b.sees(t, `body[data-page="members"]`, "members-silent")
			if at := b.script(t, `location.href.split("#")[0]`); at != w.site+"/members" {
				t.Errorf("rule: no code stays in the address; got %s", at)
			}

			b.click(t, "#to-profile")
			b.sees(t, "#consent", "")
			b.click(t, "#allow")
			b.sees(t, `body[data-page="profile"] #avatar`, "profile")
			b.click(t, "#refresh button")
			b.sees(t, `#renewal[data-renewal="done"]`, "profile-renewed")
			b.click(t, "#to-members")
			b.sees(t, `body[data-page="members"] #avatar`, "members")
			b.click(t, "#to-home")
			b.sees(t, `body[data-page="home"] #number`, "home-in")

			b.click(t, "#to-account")
			b.sees(t, "form#profile", "")
			w.ahead.Add(int64(time.Second))
			b.click(t, "button#unfollow")
			b.sees(t, "#done", "")
			w.log.await(t, "msg=left", 1)
			b.click(t, "#back")
			b.sees(t, `body[data-page="home"]`, "")
			b.click(t, "#to-members")
			b.sees(t, `body[data-page="follow"]`, "")
			b.visit(t, w.site+"/profile")
			b.sees(t, "#removed", "profile-removed")

			w.visitor(t).get(t, "/login") // another phone of hers ends the token
			b.click(t, "#refresh button")
			b.sees(t, `#renewal[data-renewal="refused"]`, "profile-refused")
			b.click(t, "#logout button")
			b.sees(t, `body[data-page="home"] #to-login`, "")
		})
	}
}

// screen is what a visitor looks at.
type screen struct {
	width, height int64
	phone         bool
	lang          string
}

// browser is one window of one browser with nobody's history.
type browser struct {
	screen
	ctx context.Context

	mu       sync.Mutex
	breaches []string // what the pages' policies stopped
}

func openBrowser(t *testing.T, s screen) *browser {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium(t)),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoFirstRun, chromedp.DisableGPU,
		// It reaches this machine only.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-breakpad", true),
		chromedp.Flag("disable-dev-shm-usage", true), // containers have little of it
		chromedp.Flag("password-store", "basic"),
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium has none for root
	}
	// Not t.Context(): it ends before the browser was closed politely.
	ctx, cancel := context.WithTimeout(context.Background(), browserTime)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	// Chromium is newer than the protocol's description here; what chromedp does not
	// know yet is no error of ours.
	ctx, _ = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	b := &browser{screen: s, ctx: ctx}
	view := []chromedp.EmulateViewportOption{chromedp.EmulateScale(1)}
	if s.phone {
		view = []chromedp.EmulateViewportOption{chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch}
	}
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("cannot start Chromium: %v", err)
	}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // waits for the process
			t.Errorf("cannot end Chromium: %v", err)
		}
	})
	chromedp.ListenTarget(ctx, b.watch)
	agent := "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50"
	b.run(t, log.Enable(), chromedp.EmulateViewport(s.width, s.height, view...),
		emulation.SetUserAgentOverride(agent).WithAcceptLanguage(s.lang))
	return b
}

func chromium(t *testing.T) string {
	t.Helper()
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if own := os.Getenv("CHROMIUM"); own != "" {
		names = []string{own}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("this test needs a browser: install chromium (and fonts-noto-cjk, fonts-noto-color-emoji for the pictures), or set CHROMIUM to the path of one")
	return ""
}

func (b *browser) watch(event any) {
	if e, ok := event.(*log.EventEntryAdded); ok && e.Entry.Source == log.SourceSecurity {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.breaches = append(b.breaches, e.Entry.Text)
	}
}

func (b *browser) run(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTime)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		var at, body string
		chromedp.Run(b.ctx, chromedp.Location(&at), chromedp.Evaluate(`document.body.innerText`, &body)) // for the message alone
		t.Fatalf("%v\nat %s:\n%s", err, at, body)
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

func (b *browser) script(t *testing.T, js string) string {
	t.Helper()
	var text string
	b.run(t, chromedp.Evaluate(`String(`+js+`)`, &text))
	return text
}

// sees waits until the window shows something, holds it against what every page must
// do, and with a name takes its picture by day and by night.
func (b *browser) sees(t *testing.T, selector, name string) {
	t.Helper()
	b.run(t, chromedp.WaitReady(selector, chromedp.ByQuery), chromedp.Poll(`document.readyState === "complete"`, nil))
	for rule, js := range map[string]string{
		// Not innerWidth: a phone zooms out until a page that is too wide fits it.
		"a page fits the width of the window":  fmt.Sprintf(`document.documentElement.scrollWidth <= %d`, b.width),
		"every picture loads":                  `[...document.images].every(i => i.naturalWidth > 0)`,
		"no cookie is for scripts":             `document.cookie === ""`,
		"what one taps is 44 pixels high":      `[...document.querySelectorAll("body[data-page] a, body[data-page] button")].every(e => e.offsetHeight >= 44)`,
		"a page speaks the visitor's language": fmt.Sprintf(`document.documentElement.lang.slice(0, 2) === %q`, b.lang[:2]),
	} {
		if b.script(t, js) != "true" {
			t.Errorf("rule: %s; not so on %s", rule, selector)
		}
	}
	b.mu.Lock()
	for _, breach := range b.breaches {
		t.Errorf("rule: no page breaks a policy; %s", breach)
	}
	b.breaches = nil
	b.mu.Unlock()
	if name != "" {
		b.picture(t, name)
	}
}

func (b *browser) picture(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll("screenshots", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, theme := range []string{"light", "dark"} {
		var png []byte
		b.run(t, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}),
			chromedp.FullScreenshot(&png, 100))
		file := filepath.Join("screenshots", fmt.Sprintf("%s-%d-%s-%s.png", name, b.width, theme, b.lang[:2]))
		if err := os.WriteFile(file, png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
