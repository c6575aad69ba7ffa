package embedding

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/seed467724c4/wechat/nethttp"
)

// browser is one Chromium with one tab, which all apps of a run share.
type browser struct {
	tab context.Context
	one sync.Mutex // the tab shows one page at a time
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoFirstRun, chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), // reaches this machine only
		chromedp.Flag("ignore-certificate-errors", true),                           // the row of HTTP/2 has a certificate of its own
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), // containers have little of it
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium has none for root
	}
	// Not t.Context(): it ends before the browser was closed politely.
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	// Chromium is newer than the protocol's description here; what chromedp does not
	// know yet is no error of ours.
	tab, _ := chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	if err := chromedp.Run(tab); err != nil {
		t.Fatal("Chromium is needed (apt-get install chromium): ", err)
	}
	t.Cleanup(func() { _ = chromedp.Cancel(tab) }) // waits for the process
	return &browser{tab: tab}
}

// look opens a page and returns "" where its style applies and its QR code is drawn.
func (b *browser) look(url string) string {
	b.one.Lock()
	defer b.one.Unlock()
	ctx, cancel := context.WithTimeout(b.tab, patience)
	defer cancel()
	var seen struct {
		Page, Ground, Corner string
		Width                int
	}
	err := chromedp.Run(ctx, chromedp.Navigate(url), chromedp.Evaluate(`({
		page: document.body.dataset.page || "",
		ground: getComputedStyle(document.body).backgroundColor,
		corner: getComputedStyle(document.querySelector("main") || document.body).borderTopLeftRadius,
		width: (document.querySelector("main img") || {}).naturalWidth || 0,
	})`, &seen))
	switch {
	case err != nil:
		return "Chromium: no page"
	case seen.Page != "outside":
		return fmt.Sprintf("Chromium: page %q", seen.Page)
	case seen.Ground == "rgba(0, 0, 0, 0)" || seen.Corner == "0px": // a browser's own style
		return "Chromium: no style"
	case seen.Width == 0:
		return "Chromium: no QR code"
	}
	return ""
}

// A policy of somebody else, sent beside ours, takes style and QR code away. The column
// of the table is worth something because Chromium tells.
func TestChromiumTellsWhatAPageLacks(t *testing.T) {
	s, b := newSite(t), startBrowser(t)
	for policy, want := range map[string]string{
		"":                                     "",
		"default-src 'self'":                   "Chromium: no style",
		"style-src 'unsafe-inline'; img-src *": "Chromium: no QR code", // * holds no data: addresses
		"sandbox; style-src 'none'; img-src 'none'": "Chromium: no style",
	} {
		gated := nethttp.Require(s.auth)(s.pages(nethttp.User))
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			gated.ServeHTTP(&withPolicy{w, policy}, r)
		}))
		t.Cleanup(srv.Close)
		if found := b.look(srv.URL + "/me"); found != want {
			t.Errorf("rule: with the further policy %q Chromium finds %q: %q", policy, want, strings.TrimSpace(found))
		}
	}
}

// withPolicy sends a further policy, as a proxy in front of the app may.
type withPolicy struct {
	http.ResponseWriter
	policy string
}

func (w *withPolicy) WriteHeader(status int) {
	if w.policy != "" {
		w.Header().Add("Content-Security-Policy", w.policy)
	}
	w.ResponseWriter.WriteHeader(status)
}
