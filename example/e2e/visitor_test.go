package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// stepTime is how long one click may take to show its page.
const stepTime = 15 * time.Second

// visitor sits at one window of one browser.
type visitor struct {
	looks
	ctx   context.Context
	trail *trail

	mu       sync.Mutex
	breaches []string // what the pages' policies stopped
}

// newVisitor opens a browser of its own: cookies are no other visitor's.
func (w world) newVisitor(t *testing.T, l looks) *visitor {
	t.Helper()
	v := &visitor{looks: l, ctx: launch(t, newProfile(t, l.noCookies), w.mapped)}
	// The window's frame has the id of its target.
	window := cdp.FrameID(chromedp.FromContext(v.ctx).Target.TargetID)
	v.trail = newTrail(window, w.site.url, w.wechatURL)
	chromedp.ListenTarget(v.ctx, v.watch)
	v.run(t, network.Enable(), log.Enable(), l.screen())
	v.useBrowser(t, l.agent)
	t.Cleanup(func() { w.site.mustNotLog(v.trail.secrets()...) })
	return v
}

// screen makes the window one of this device.
func (d device) screen() chromedp.Action {
	options := []chromedp.EmulateViewportOption{chromedp.EmulateScale(d.scale)}
	if d.phone {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	return chromedp.EmulateViewport(d.width, d.height, options...)
}

func (v *visitor) watch(event any) {
	v.trail.watch(event)
	if e, ok := event.(*log.EventEntryAdded); ok && e.Entry.Source == log.SourceSecurity {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.breaches = append(v.breaches, e.Entry.Text)
	}
}

// useBrowser changes what the browser calls itself.
func (v *visitor) useBrowser(t *testing.T, agent string) {
	t.Helper()
	accept := map[string]string{"zh": "zh-CN,zh", "en": "en-US,en"}[v.lang]
	v.run(t, emulation.SetUserAgentOverride(agent).WithAcceptLanguage(accept))
}

// run does things in the window, and fails with where it stands.
func (v *visitor) run(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, stepTime)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatalf("%v\nafter:\n%s", err, strings.Join(v.trail.take(), "\n"))
	}
}

// open types an address.
func (v *visitor) open(t *testing.T, address string) {
	t.Helper()
	v.run(t, chromedp.Navigate(address))
}

func (v *visitor) click(t *testing.T, selector string) {
	t.Helper()
	v.run(t, chromedp.Click(selector, chromedp.ByQuery))
}

// sees waits until the window shows something with all of its pictures.
func (v *visitor) sees(t *testing.T, selector string) {
	t.Helper()
	const loaded = `new Promise(done => document.readyState === "complete" ? done(true) : addEventListener("load", () => done(true)))`
	var ok bool
	v.run(t, chromedp.WaitReady(selector, chromedp.ByQuery), chromedp.Evaluate(loaded, &ok, await))
}

// seesPage waits for a page of the site or the library by its name.
func (v *visitor) seesPage(t *testing.T, name string) {
	t.Helper()
	v.sees(t, fmt.Sprintf("body[data-page=%q]", name))
}

// script runs JavaScript in the page, awaits it, and returns its text.
func (v *visitor) script(t *testing.T, js string) string {
	t.Helper()
	var text string
	v.run(t, chromedp.Evaluate(js, &text, await))
	return text
}

func await(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// address is what the address bar shows, without the fragment: after a silent
// login browsers still have the one of the link to WeChat.
func (v *visitor) address(t *testing.T) string {
	t.Helper()
	return v.script(t, `location.href.split("#")[0]`)
}

// text is what an element says; "" where there is none.
func (v *visitor) text(t *testing.T, selector string) string {
	t.Helper()
	return v.script(t, fmt.Sprintf(`document.querySelector(%q)?.textContent.trim() ?? ""`, selector))
}

// identity is the openid that the page shows; "" for nobody.
func (v *visitor) identity(t *testing.T) string {
	t.Helper()
	return v.script(t, `document.querySelector("#openid")?.dataset.openid ?? ""`)
}

// has tells whether the page has such elements.
func (v *visitor) has(t *testing.T, selectors ...string) bool {
	t.Helper()
	for _, s := range selectors {
		if v.script(t, fmt.Sprintf(`String(document.querySelector(%q) !== null)`, s)) != "true" {
			return false
		}
	}
	return true
}

// consents answers the simulator's consent page: as whom, and with which button.
func (v *visitor) consents(t *testing.T, person, button string) {
	t.Helper()
	v.sees(t, "#consent")
	v.click(t, `label[for="person-`+person+`"]`)
	if strings.HasPrefix(button, "#refuse-") {
		v.click(t, "summary") // behind it are the other ways to refuse
	}
	v.click(t, button)
}

type problem struct {
	LoginURL string `json:"login_url"`
}

// fetches calls path by a script that runs on a page of the site. The examples'
// pages allow no scripts to call anything; those of an app with scripts do, so
// their policy is lifted meanwhile.
func (v *visitor) fetches(t *testing.T, on, path string) (status int, p problem) {
	t.Helper()
	v.run(t, page.SetBypassCSP(true), chromedp.Navigate(on))
	answer := v.script(t, `fetch("`+path+`").then(async r => JSON.stringify({status: r.status, problem: await r.json()}))`)
	v.run(t, page.SetBypassCSP(false))
	var got struct {
		Status  int     `json:"status"`
		Problem problem `json:"problem"`
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	return got.Status, got.Problem
}
