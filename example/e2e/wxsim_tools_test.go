package e2e

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestTheSimulatorsPageFindsAFault finds a fault by keyboard and sets it.
func TestTheSimulatorsPageFindsAFault(t *testing.T) {
	sim, at := startSimulator(t)
	v := world{site: &site{url: at}, wechatURL: weChatsOwn}.newVisitor(t, looks{device: desktop, lang: "en"})
	for _, tc := range []struct {
		lang, typed, found, chosen string
	}{
		{"en", "40164", "1 answer", "40164"},
		{"en", "  FROZEN token ", "2 answers", "40243"},
		{"en", "菜单 menu key", "2 answers", "40019"},
		{"zh", "state_lost", "1 种回答", "state_lost"},
		{"zh", "whitelist", "2 种回答", "40164"},
		{"zh", "没有这样的", "没有这样的回答", ""},
	} {
		sim.Reset()
		v.lang = tc.lang
		v.useBrowser(t, v.agent)
		v.open(t, at+"/")
		v.sees(t, "#live.on")
		v.run(t, chromedp.SendKeys("#find", tc.typed, chromedp.ByQuery))
		is(t, "the page says how many answers fit "+tc.typed, v.text(t, "#found"), tc.found)
		is(t, "the first answer that fits is chosen for "+tc.typed, v.script(t, `document.querySelector("#fault select").value`), tc.chosen)
		v.run(t, chromedp.KeyEvent(kb.Enter))
		if tc.chosen == "" {
			is(t, "nothing is set where nothing fits", v.has(t, "#notice"), false)
			v.script(t, `document.querySelector("#find").value = "", ""`)
			v.run(t, chromedp.SendKeys("#find", " ", chromedp.ByQuery))
			is(t, "an empty field brings the whole list back", v.script(t, `String(document.querySelectorAll("#fault select[name=name] option").length > 100)`), "true")
			continue
		}
		v.sees(t, "#notice.good")
		is(t, "Enter sets the answer that was found", v.has(t, "#waiting button"), true)
	}
}

// TestTheSimulatorsPageCopies presses copy buttons by keyboard: with the browser's
// clipboard, without it as over plain http from another machine, and where copying is
// not allowed.
func TestTheSimulatorsPageCopies(t *testing.T) {
	_, at := startSimulator(t)
	v := world{site: &site{url: at}, wechatURL: weChatsOwn}.newVisitor(t, looks{device: phone, lang: "en"})
	v.run(t, chromedp.ActionFunc(func(ctx context.Context) error {
		return browser.GrantPermissions([]browser.PermissionType{browser.PermissionTypeClipboardReadWrite}).Do(ctx)
	}))
	v.open(t, at+"/")
	v.sees(t, "#live.on")
	v.script(t, `window.board = navigator.clipboard, document.querySelectorAll("#app details").forEach(d => d.open = true), ""`)
	press := func(selector string) {
		t.Helper()
		v.run(t, chromedp.Focus(selector, chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	}
	copied := func(said, want string) {
		t.Helper()
		v.run(t, chromedp.Poll(`document.querySelector("#copied").textContent === "`+said+`"`, nil))
		is(t, "the clipboard has the text: "+said, v.script(t, `board.readText()`), want)
	}
	const first, lines = "#accounts li .copy", "#app pre + .copy"
	press(first)
	copied("AppID "+appID+" copied", appID)
	is(t, "the button says it, too", v.script(t, `document.querySelector("`+first+`").firstChild.data`), "Copied")
	press(lines)
	copied("The environment copied", v.text(t, "#app pre"))
	is(t, "one button says it at a time", v.script(t, `document.querySelector("`+first+`").firstChild.data`), "Copy")

	v.script(t, `Object.defineProperty(navigator, "clipboard", {value: undefined}), ""`)
	press(first)
	copied("AppID "+appID+" copied", appID)
	press(lines)
	copied("The environment copied", v.text(t, "#app pre"))

	v.script(t, `document.execCommand = () => false, ""`)
	press(first)
	is(t, "where copying is not allowed the page claims nothing", v.text(t, "#copied"), "")
	is(t, "and the text is selected", v.script(t, `getSelection().toString()`), appID)
}
