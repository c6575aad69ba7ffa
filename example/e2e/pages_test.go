package e2e

import (
	"net/http"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/nethttp"
)

// The pages that a walk through the examples does not come by: what people read
// when something is asked first, refused, in a frame, a snapshot or broken.
func TestThePagesBesideTheWay(t *testing.T) {
	for _, device := range []device{phone, desktop} {
		for _, lang := range []string{"zh", "en"} {
			l := looks{device: device, lang: lang, album: "core", person: "mei"}
			t.Run(l.String(), func(t *testing.T) {
				t.Parallel()
				besideTheWay(t, l)
			})
		}
	}
}

func besideTheWay(t *testing.T, l looks) {
	wechat := startWeChat(t)
	url := startApp(t, wechat, func(mux *http.ServeMux, auth *core.Auth) {
		mux.Handle("/ask", nethttp.Require(auth, nethttp.Prompt, core.AskFirst())(hello))
		mux.Handle("/me", nethttp.Require(auth)(hello))
		mux.Handle("/logout", nethttp.Logout(auth))
		mux.Handle("/guest", hello)
		mux.HandleFunc("/framed", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write([]byte(`<!doctype html><meta name="viewport" content="width=device-width"><body data-page="framed" style="margin:0"><iframe src="/me" width="360" height="420"></iframe>`))
		})
	})
	v := world{site: &site{url: url}, wechat: wechat, wechatURL: wechat.url}.newVisitor(t, l)

	v.open(t, url+"/ask")
	v.seesPage(t, "consent")
	v.looksAt(t, "ask-first")
	v.click(t, "#retry")
	v.consents(t, "mei", "#refuse-state")
	v.seesPage(t, "refused")
	v.looksAt(t, "refused-guest")
	v.click(t, "#guest")
	v.seesPage(t, "hello")
	is(t, "a guest goes on where the app allows guests", v.address(t), url+"/guest")

	wechat.SetSnapshot("mei", true)
	v.open(t, url+"/ask")
	v.seesPage(t, "consent")
	v.click(t, "#retry")
	v.consents(t, "mei", "#allow")
	v.seesPage(t, "snapshot")
	v.looksAt(t, "snapshot")
	wechat.SetSnapshot("mei", false)
	v.click(t, "#retry") // the whole page again, as 使用完整服务 opens it
	v.seesPage(t, "consent")
	v.click(t, "#retry")
	v.consents(t, "mei", "#allow")
	v.seesPage(t, "hello")
	is(t, "the real login after a snapshot works", v.address(t), url+"/ask")
	v.script(t, `fetch("/logout", {method: "POST"}).then(r => r.text())`)

	v.open(t, url+"/framed")
	v.seesPage(t, "framed")
	v.looksAt(t, "frame")

	wechat.Fail(wxsim.PathAccessToken, wxsim.Fault{Code: 45009})
	v.open(t, url+"/me")
	v.seesPage(t, "unavailable")
	v.looksAt(t, "unavailable")
	wechat.Clear(wxsim.PathAccessToken)
	v.click(t, "#retry")
	v.seesPage(t, "hello")
	is(t, "the page that was asked for is not lost", v.address(t), url+"/me")

	v.open(t, url+"/logout")
	v.seesPage(t, "forbidden")
	v.looksAt(t, "forbidden")
}
