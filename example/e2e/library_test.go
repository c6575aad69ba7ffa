package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// TestEveryPageOfTheLibrary looks at every page of the library in every state and
// language, on a phone and on a desktop, by day and by night, in one browser. The ways
// to the pages are tested elsewhere; here the renderer's own program makes them.
func TestEveryPageOfTheLibrary(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	samples := librarySamples(t, server.URL)
	for _, s := range samples {
		var asked atomic.Int32
		mux.HandleFunc(s.path(), func(w http.ResponseWriter, _ *http.Request) {
			if asked.Add(1) > 1 {
				// The page that asks for itself once more. Without content a browser
				// stays where it is.
				w.WriteHeader(http.StatusNoContent)
				return
			}
			s.show(w, s.HTML)
		})
		if s.Kind == "continue" {
			defer func() { is(t, "page "+s.path()+" asks for itself once more, and no more often", asked.Load(), 2) }()
		}
		mux.HandleFunc(s.path()+"/without-alt", func(w http.ResponseWriter, _ *http.Request) {
			s.show(w, strings.Replace(s.HTML, ` alt="`, ` data-was="`, 1))
		})
	}
	v := world{site: &site{url: server.URL}, wechatURL: weChatsOwn}.newVisitor(t, looks{device: phone, lang: "zh"})
	for _, s := range samples {
		v.open(t, server.URL+s.path())
		v.seesPage(t, s.Kind)
		for _, device := range []device{phone, desktop} {
			v.device = device
			v.run(t, device.screen())
			name := fmt.Sprintf("library-%s-%s-%d", s.Name, s.Lang, device.width)
			v.looksAt(t, name)
			if s.Kind == "follow" && s.Name != "follow-without-name" && s.Name != "follow-long-name" {
				is(t, "the account's name stays in one line where it fits: "+name, v.script(t,
					`(n => String(n.getBoundingClientRect().height < 2 * parseFloat(getComputedStyle(n).lineHeight)))(document.querySelector("h1 .name"))`), "true")
			}
			v.isAccessibleByDayAndNight(t, name)
		}
	}
	// A check that finds nothing anywhere would prove nothing.
	v.open(t, server.URL+samples[0].path()+"/without-alt")
	v.seesPage(t, samples[0].Kind)
	if got := v.axe(t); len(got.Violations) != 1 || !strings.HasPrefix(got.Violations[0], "image-alt:") {
		t.Errorf("rule: a picture without words for those who cannot see it is a fault, and the only one of this page: %q", got.Violations)
	}
}

// librarySample is what core/internal/page/samples writes.
type librarySample struct{ Name, Kind, Lang, Policy, HTML string }

func (s librarySample) path() string { return "/" + s.Lang + "/" + s.Name }

// show answers as the library does.
func (s librarySample) show(w http.ResponseWriter, html string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", s.Policy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte(html))
}

func librarySamples(t *testing.T, url string) (samples []librarySample) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "run", "./core/internal/page/samples", url)
	cmd.Dir, cmd.Stderr = root(t), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("cannot make the pages: %v", err)
	}
	if err := json.Unmarshal(out, &samples); err != nil || len(samples) == 0 {
		t.Fatalf("%d pages, %v", len(samples), err)
	}
	return samples
}

var pictures = flag.Bool("pictures", false, "take pictures of every page of the library, which takes longer than all checks of them")

// isAccessibleByDayAndNight checks a page in both themes and, with -pictures, takes
// screenshots/NAME-THEME.png.
func (v *visitor) isAccessibleByDayAndNight(t *testing.T, name string) {
	t.Helper()
	for _, theme := range []string{"light", "dark"} {
		v.run(t, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}))
		v.isAccessible(t, name+"-"+theme)
		if *pictures {
			v.picture(t, name+"-"+theme)
		}
	}
}
