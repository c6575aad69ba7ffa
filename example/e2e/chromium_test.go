package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browserTime is how long one browser may live; a walk takes a few seconds, and the
// pages of the library some minutes on a machine that does much else.
const browserTime = 10 * time.Minute

// chromium is where the browser is.
func chromium(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("CHROMIUM"); path != "" {
		if _, err := exec.LookPath(path); err != nil {
			t.Fatalf("CHROMIUM: %v", err)
		}
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("these tests need a browser: install chromium (and fonts-noto-cjk, fonts-noto-color-emoji for the pictures), " +
		"such as with apt-get install, or set CHROMIUM to the path of one")
	return ""
}

// launch starts a browser with nobody's history, which ends with the test. It
// reaches this machine only; mapped are further names to reach, as in
// "MAP open.weixin.qq.com:443 127.0.0.1:8443".
func launch(t *testing.T, profile, mapped string) context.Context {
	t.Helper()
	rules := "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
	if mapped != "" {
		rules = mapped + ", " + rules
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium(t)),
		chromedp.UserDataDir(profile),
		chromedp.Headless, chromedp.NoFirstRun, chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", rules),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-breakpad", true),
		chromedp.Flag("disable-dev-shm-usage", true), // containers have little of it
		chromedp.Flag("password-store", "basic"),
	}
	if mapped != "" {
		options = append(options, chromedp.Flag("ignore-certificate-errors", true))
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium has none for root
	}
	// Not t.Context(): it ends before the browser was closed politely.
	ctx, cancel := context.WithTimeout(context.Background(), browserTime)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	// Chromium is newer than the protocol's description here; what chromedp does
	// not know yet is no error of ours.
	ctx, _ = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("cannot start Chromium: %v", err)
	}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // waits for the process
			t.Errorf("cannot end Chromium: %v", err)
		}
	})
	return ctx
}

// newProfile is a folder for a browser's data. noCookies is what a visitor sets
// who blocks all cookies.
func newProfile(t *testing.T, noCookies bool) string {
	t.Helper()
	dir := t.TempDir()
	if !noCookies {
		return dir
	}
	file := filepath.Join(dir, "Default", "Preferences")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	const block = `{"profile":{"default_content_setting_values":{"cookies":2}}}`
	if err := os.WriteFile(file, []byte(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
