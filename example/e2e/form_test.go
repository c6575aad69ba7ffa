package e2e

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

// A session ends while a visitor fills in a form. The browser shows a page, Back shows
// what was typed, and the page's button leads back to the form. Only one case is lost,
// and no page can help it: a browser that neither keeps the page alive nor has its
// session cookie any more asks for the form anew, which begins a login.
func TestAFormSentWithoutALoginLosesNothing(t *testing.T) {
	for rule, c := range map[string]struct {
		script     string
		keepCookie bool // the session ended on the server alone
		navigation string
	}{
		"the browser kept the page alive": {"", false, "navigate"},
		// A page with such a listener is not kept alive.
		"the browser shows its copy again": {`addEventListener("unload", () => {})`, true, "back_forward"},
	} {
		t.Run(rule, func(t *testing.T) {
			var ended atomic.Bool
			wechat := startWeChat(t)
			url := startApp(t, wechat, func(mux *http.ServeMux, auth *core.Auth) {
				send := nethttp.Require(auth)(hello)
				mux.HandleFunc("POST /send", func(w http.ResponseWriter, r *http.Request) {
					if ended.Load() {
						r.Header.Del("Cookie") // a session that the server does not know
					}
					send.ServeHTTP(w, r)
				})
				mux.Handle("/login", nethttp.Login(auth))
				mux.Handle("GET /order", nethttp.Require(auth)(formPage(c.script)))
			})
			v := world{site: &site{url: url}, wechat: wechat, wechatURL: wechat.url}.newVisitor(t, looks{device: phone, lang: "zh"})
			order := url + "/order?id=7"
			v.open(t, order)
			v.seesPage(t, "form")
			const wish = "茶，两份\n要热的"
			v.script(t, fmt.Sprintf(`document.querySelector("textarea").value = %q, ""`, wish))
			ended.Store(true)
			if !c.keepCookie {
				v.run(t, network.ClearBrowserCookies())
			}
			v.click(t, "button")
			v.seesPage(t, "log-in-again")
			v.looksAt(t, "log-in-again")
			v.goesBack(t, "form")
			is(t, "Back shows what was typed", v.script(t, `document.querySelector("textarea").value`), wish)
			is(t, rule, v.script(t, `performance.getEntriesByType("navigation")[0].type`), c.navigation)
			ended.Store(false)

			v.open(t, order)
			v.seesPage(t, "form")
			v.run(t, network.ClearBrowserCookies())
			v.click(t, "button")
			v.seesPage(t, "log-in-again")
			v.click(t, "#retry")
			v.seesPage(t, "form")
			is(t, "the button ends on the page that the form stood on", v.address(t), order)
			v.click(t, "button")
			v.seesPage(t, "hello")
		})
	}
}

func formPage(script string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><body data-page="form"><form method="post" action="/send"><textarea name="wish"></textarea><button>send</button></form><script>%s</script>`, script)
	})
}

// goesBack presses Back and waits for a page. It asks the window again and again: a page
// that was kept alive is no new document, and chromedp's own waiting misses it.
func (v *visitor) goesBack(t *testing.T, name string) {
	t.Helper()
	v.script(t, `history.back(), ""`)
	shown := fmt.Sprintf(`document.readyState === "complete" && document.body.dataset.page === %q`, name)
	ctx, cancel := context.WithTimeout(v.ctx, stepTime)
	defer cancel()
	for there := false; !there; {
		// An error is a document that goes away while it is asked.
		if err := chromedp.Run(ctx, chromedp.Evaluate(shown, &there)); err != nil && ctx.Err() != nil {
			t.Fatalf("Back does not lead to page %s: %v", name, err)
		}
	}
}

// A browser asks for a password where it knows the scheme of a challenge. Ours is
// unknown to it.
func TestTheChallengeOpensNoPasswordBox(t *testing.T) {
	wechat := startWeChat(t)
	url := startApp(t, wechat, func(mux *http.ServeMux, auth *core.Auth) {
		mux.Handle("POST /send", nethttp.Require(auth)(hello))
		mux.Handle("GET /form", formPage(""))
		mux.Handle("GET /api", nethttp.Require(auth)(hello))
		mux.HandleFunc("GET /basic", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			w.Write([]byte(`<!doctype html><body data-page="basic">`))
		})
	})
	v := world{site: &site{url: url}, wechat: wechat, wechatURL: wechat.url}.newVisitor(t, looks{device: phone, lang: "zh"})
	boxes := v.countPasswordBoxes(t)
	v.open(t, url+"/form")
	v.seesPage(t, "form")
	v.click(t, "button")
	v.seesPage(t, "log-in-again")
	is(t, "a form's 401 opens no password box", boxes.Load(), 0)
	v.fetches(t, url+"/form", "/api")
	is(t, "a script's 401 opens no password box", boxes.Load(), 0)
	v.open(t, url+"/basic")
	v.seesPage(t, "basic")
	is(t, "the count sees the box of a Basic challenge", boxes.Load(), 1)
}

// countPasswordBoxes counts how often the browser would ask for a password, and lets
// nobody type one.
func (v *visitor) countPasswordBoxes(t *testing.T) *atomic.Int32 {
	t.Helper()
	boxes := new(atomic.Int32)
	chromedp.ListenTarget(v.ctx, func(event any) {
		var answer chromedp.Action
		switch e := event.(type) {
		case *fetch.EventRequestPaused:
			answer = fetch.ContinueRequest(e.RequestID)
		case *fetch.EventAuthRequired:
			boxes.Add(1)
			answer = fetch.ContinueWithAuth(e.RequestID, &fetch.AuthChallengeResponse{Response: fetch.AuthChallengeResponseResponseCancelAuth})
		default:
			return
		}
		go func() { // a listener must not wait for the browser
			if err := chromedp.Run(v.ctx, answer); err != nil && v.ctx.Err() == nil && context.Cause(v.ctx) == nil {
				t.Errorf("cannot let a request go on: %v", err)
			}
		}()
	})
	v.run(t, fetch.Enable().WithHandleAuthRequests(true))
	return boxes
}
