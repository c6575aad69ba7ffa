package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// looksAt holds the page against what every page must do, and takes its picture
// by day and by night: screenshots/FRAMEWORK-PAGE-WIDTH-THEME-LANG.png.
func (v *visitor) looksAt(t *testing.T, page string) {
	t.Helper()
	// Not innerWidth: a phone zooms out until a page that is too wide fits it.
	is(t, "a page fits the width of the window", v.script(t, fmt.Sprintf(`String(document.documentElement.scrollWidth <= %d)`, v.width)), "true")
	is(t, "every picture loads", v.script(t, `String([...document.images].filter(i => i.naturalWidth === 0).length)`), "0")
	is(t, "no cookie is for scripts", v.script(t, `document.cookie`), "")
	v.mu.Lock()
	for _, breach := range v.breaches {
		t.Errorf("rule: no page breaks a policy; %s", breach)
	}
	v.breaches = nil
	v.mu.Unlock()
	if v.album == "" {
		return
	}
	for _, theme := range []string{"light", "dark"} {
		v.run(t, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}))
		v.picture(t, fmt.Sprintf("%s-%s-%d-%s-%s", v.album, page, v.width, theme, v.lang))
	}
}

// picture takes screenshots/NAME.png.
func (v *visitor) picture(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll("screenshots", 0o755); err != nil {
		t.Fatal(err)
	}
	var png []byte
	v.run(t, chromedp.FullScreenshot(&png, 100))
	if err := os.WriteFile(filepath.Join("screenshots", name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
