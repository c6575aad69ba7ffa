package e2e

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

// What follows '#' never reaches a server: it is the browser's to keep or lose.
func TestFragments(t *testing.T) {
	list, err := os.ReadFile("../../core/adaptertest/hostile/testdata/goodredirects.txt")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for page := range strings.SplitSeq(strings.TrimSpace(string(list)), "\n") {
		if !strings.Contains(page, "#") {
			continue
		}
		tried++
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			wechat := startWeChat(t)
			app := startApp(t, wechat, func(mux *http.ServeMux, auth *core.Auth) {
				mux.Handle("/login", nethttp.Login(auth))
				mux.Handle("/", nethttp.Require(auth)(hello))
			})
			v := world{site: &site{url: app}, wechat: wechat, wechatURL: wechat.url}.newVisitor(t, looks{device: phone, lang: "zh"})
			v.open(t, app+"/login?to="+url.QueryEscape(page))
			v.seesPage(t, "hello")
			is(t, "Login keeps the fragment of its page", v.script(t, `location.href`), app+page)

			other := world{site: &site{url: app}, wechat: wechat, wechatURL: wechat.url}.newVisitor(t, looks{device: phone, lang: "zh"})
			other.open(t, app+page)
			other.seesPage(t, "hello")
			before, _, _ := strings.Cut(page, "#")
			is(t, "a login in place ends on the page itself", other.script(t, `location.href.split("#")[0]`), app+before)
		})
	}
	if tried == 0 {
		t.Error("no page with a fragment in the list")
	}
}
