package wxsim

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

// button is something that the page can do: its name in the field "do", how the
// timeline calls it, the card that it stands on, and the function. Only the parameters of params are written to
// the timeline.
type button struct {
	name   timeline.Words
	card   string
	params []string
	run    func(*Sim, *http.Request, pressed) notice
}

// pressed is who pressed a button for which account.
type pressed struct {
	appID    string
	personID string
}

func buttons() map[string]button {
	w := func(zh, en string) timeline.Words { return timeline.Words{ZH: zh, EN: en} }
	return map[string]button{
		doFollow:     {w("关注", "follows"), "account", nil, pressFollow},
		doUnfollow:   {w("取消关注", "stops following"), "account", nil, pressUnfollow},
		doScan:       {w("扫描带参数的二维码", "scans a QR code with a scene"), "account", []string{"scene"}, pressScan},
		"message":    {w("给公众号发消息", "writes to the account"), "account", []string{"text"}, pressMessage},
		"menu":       {w("点菜单", "presses a menu button"), "account", []string{"button"}, pressMenuButton},
		"open":       {w("进入应用", "enters the application"), "app", []string{"entry", "address"}, pressOpen},
		"treat":      {w("改变微信对此人的方式", "changes how WeChat treats the person"), "time", []string{"snapshot", "from_menu", "agreed"}, pressTreat},
		"fault":      {w("设置下一次回答", "sets the next answer"), "next", []string{"name", "times", "endpoint"}, pressFault},
		"clear":      {w("取消设置好的回答", "removes answers that were set"), "next", []string{"endpoint"}, pressClear},
		"clock":      {w("调整时钟", "moves the clock"), "time", []string{"advance"}, pressClock},
		"expire":     {w("让公众号 token 失效", "ends the account tokens"), "time", nil, pressExpire},
		"domains":    {w("修改网页授权域名", "changes the registered domains"), "settings", []string{"domains"}, pressDomains},
		"push":       {w("修改推送地址", "changes the push address"), "settings", []string{"url", "stop"}, pressPush},
		"ticket":     {w("推送 ticket", "pushes a ticket"), "merchants", []string{"platform"}, pressTicket},
		"connect":    {w("公众号授权给平台", "the account agrees to the platform"), "merchants", []string{"platform"}, pressConnect},
		"disconnect": {w("公众号取消授权", "the account takes its consent back"), "merchants", []string{"platform"}, pressDisconnect},
		"forget":     {w("清空时间线", "clears the timeline"), "timeline", nil, pressForget},
		"reset":      {w("全部重置", "resets everything"), "settings", nil, pressReset},
	}
}

// press does what a button of the page asks for, and goes back to the page. Without
// the field "do" it chooses the person.
func (s *Sim) press(r *http.Request) reply {
	if crossSite(r) { // other sites must not press buttons in this browser
		return s.errorPage(r, failCrossSite())
	}
	do := r.PostFormValue("do")
	if do == "" {
		return s.choose(r)
	}
	b, ok := buttons()[do]
	if !ok {
		return s.errorPage(r, failButton())
	}
	who := pressed{appID: r.PostFormValue("account"), personID: s.personOf(r).ID}
	if _, ok := s.accounts[who.appID]; !ok {
		who.appID = s.cfg.Accounts[0].AppID
	}
	params := url.Values{"account": {who.appID}, "person": {who.personID}}
	for _, name := range b.params {
		if value := r.PostFormValue(name); value != "" {
			params.Set(name, value)
		}
	}
	n := b.run(s, r, who)
	outcome := "done"
	if n.Failed && !n.Partly {
		outcome = "not done"
	}
	n.Card = b.card
	why := n.Words
	if n.Detail != "" {
		why.ZH, why.EN = why.ZH+" "+n.Detail, why.EN+" "+n.Detail
	}
	s.act(b.name, http.MethodPost, "/", params, outcome, why, n.Failed)
	if n.Link != "" && !n.Failed {
		return seeOther(n.Link)
	}
	return seeOther("/?account=" + url.QueryEscape(who.appID) + "&notice=" + s.keepNotice(n) + "#notice")
}

func seeOther(to string) reply {
	a := redirect(to)
	a.status, a.outcome = http.StatusSeeOther, "303"
	return a
}

// choose makes this browser a person's.
func (s *Sim) choose(r *http.Request) reply {
	p, ok := s.people[r.PostFormValue("person")]
	if !ok {
		return s.errorPage(r, failPerson())
	}
	n := done("这个浏览器里的人现在是"+p.Nickname+"。", "This browser is "+p.nameIn("en")+"'s now.")
	n.Card = "who"
	to := "/?notice=" + s.keepNotice(n)
	if appID := r.PostFormValue("account"); appID != "" {
		to += "&account=" + url.QueryEscape(appID)
	}
	a := seeOther(to + "#notice")
	a.cookie = rememberPerson(r, p.ID)
	return a
}

// pushedNotice is the notice of a change that is pushed.
func pushedNotice(zh, en string, told bool, err error) notice {
	switch {
	case err == nil && told:
		return done(zh+"应用已收到消息。", en+" The application has been told.")
	case err == nil:
		n := done(zh+"没有设置推送地址，应用不会收到消息。", en+" There is no push address, so the application is not told.")
		n.Where = "push"
		return n
	case told:
		return failedWith(zh+"但应用没有收到消息：", en+" But the application was not reached:", err)
	}
	return failedWith("没有任何变化：", "Nothing has changed:", err)
}

func pressFollow(s *Sim, r *http.Request, who pressed) notice {
	told, err := s.follow(r.Context(), who.appID, who.personID, sceneProfile)
	return pushedNotice("已关注。", "Followed.", told, err)
}

func pressUnfollow(s *Sim, r *http.Request, who pressed) notice {
	told, err := s.unfollow(r.Context(), who.appID, who.personID)
	return pushedNotice("已取消关注。", "Unfollowed.", told, err)
}

func pressScan(s *Sim, r *http.Request, who pressed) notice {
	told, err := s.scanScene(r.Context(), who.appID, who.personID, r.PostFormValue("scene"))
	return pushedNotice("已扫描。", "Scanned.", told, err)
}

func pressMessage(s *Sim, r *http.Request, who pressed) notice {
	text := strings.TrimSpace(r.PostFormValue("text"))
	if text == "" {
		return failedFor("没有发送：", "Not sent:", "消息是空的", "the message is empty")
	}
	told, err := s.sendText(r.Context(), who.appID, who.personID, text)
	return pushedNotice("消息已发出。", "Sent.", told, err)
}

func pressMenuButton(s *Sim, r *http.Request, who pressed) notice {
	address, told, err := s.pressMenu(r.Context(), who.appID, who.personID, r.PostFormValue("button"))
	n := pushedNotice("已点菜单。", "Pressed.", told, err)
	n.Link = address
	return n
}

// pressOpen enters the application: from the account's menu, by a link that somebody
// shared, or directly.
func pressOpen(s *Sim, r *http.Request, who pressed) notice {
	address := strings.TrimSpace(r.PostFormValue("address"))
	if !redirectFits(address, s.current(s.accounts[who.appID]), false) {
		return failedFor("打不开：", "Not opened:", "地址必须以 http(s) 开头，并在公众号登记的域名上；可以在“后台设置”里添加域名，或用 -domain 启动", "the address must begin with http(s) and be on a registered domain of the account; add the domain under \"Console settings\", or start with the flag -domain")
	}
	s.enterFrom(who.personID, r.PostFormValue("entry") == "menu")
	if r.PostFormValue("entry") == "share" {
		// WeChat adds these to a link that was shared in a chat.
		address = withQuery(address, "from=singlemessage&isappinstalled=0")
	}
	return notice{Link: address}
}

func pressTreat(s *Sim, r *http.Request, who pressed) notice {
	s.SetSnapshot(who.personID, r.PostFormValue("snapshot") != "")
	s.SetFromMenu(who.personID, r.PostFormValue("from_menu") != "")
	s.SetAgreed(who.appID, who.personID, r.PostFormValue("agreed") != "") // both are known
	return done("已保存。", "Saved.")
}

func pressFault(s *Sim, r *http.Request, _ pressed) notice {
	times, err := strconv.Atoi(r.PostFormValue("times"))
	if r.PostFormValue("times") == "" {
		times, err = 1, nil
	}
	if err != nil || times < 1 || times > maxTimes {
		return failedFor("没有设置：", "Not set:", "次数必须是 1 到 "+strconv.Itoa(maxTimes)+" 的整数", "how often must be a number from 1 to "+strconv.Itoa(maxTimes))
	}
	endpoint := r.PostFormValue("endpoint")
	if endpoint != "" && !slices.Contains(faultPaths(), endpoint) {
		return failedFor("没有设置：", "Not set:", "模拟器没有接口 "+clipped(endpoint), "the simulator has no endpoint "+clipped(endpoint))
	}
	name := FaultName(r.PostFormValue("name"))
	if err := s.queueNamed(name, times, endpoint); err != nil {
		return failedWith("没有设置：", "Not set:", err)
	}
	row, _ := namedFault(name) // queueNamed knows it
	if endpoint == "" {
		endpoint = row.Endpoint
	}
	where := s.whereOf(endpoint)
	return done(fmt.Sprintf("已设置：%s（%s，%d 次）。", faultText(row, "zh"), where.ZH, times),
		fmt.Sprintf("Set: %s (%s, ×%d).", faultText(row, "en"), where.EN, times))
}

func pressClear(s *Sim, r *http.Request, _ pressed) notice {
	if endpoint := r.PostFormValue("endpoint"); endpoint != "" {
		s.Clear(endpoint)
	} else {
		s.ClearAll()
	}
	return done("已取消。", "Removed.")
}

func pressClock(s *Sim, r *http.Request, _ pressed) notice {
	text := strings.TrimSpace(r.PostFormValue("advance"))
	d, err := time.ParseDuration(text)
	if err != nil || d == 0 {
		return failedFor("时钟没有动：", "The clock has not moved:", "请写一段时间，如 90s、5m 或 720h", "write a duration such as 90s, 5m or 720h")
	}
	if err := s.advance(d); err != nil {
		return failedWith("时钟没有动：", "The clock has not moved:", err)
	}
	return done("模拟器的时间现在是 "+s.now().Format(time.DateTime)+"。", "The simulator's time is now "+s.now().Format(time.DateTime)+".")
}

func pressExpire(s *Sim, _ *http.Request, who pressed) notice {
	s.ExpireTokens(who.appID)
	return done("公众号的 access_token 全部失效，下一次调用得到 40001。", "The account's tokens are void; the next call gets 40001.")
}

func pressDomains(s *Sim, r *http.Request, who pressed) notice {
	domains := strings.FieldsFunc(r.PostFormValue("domains"), func(r rune) bool { return r <= ' ' || r == ',' || r == '，' || r == '、' })
	if err := s.SetDomains(who.appID, domains...); err != nil {
		return failedWith("没有保存：", "Not saved:", err)
	}
	return done("域名已保存。", "The domains are saved.")
}

// pressPush sets the push address. An empty token or key keeps the one that is set:
// the page never shows them.
func pressPush(s *Sim, r *http.Request, who pressed) notice {
	address, token, key := strings.TrimSpace(r.PostFormValue("url")), strings.TrimSpace(r.PostFormValue("token")), strings.TrimSpace(r.PostFormValue("key"))
	s.mu.Lock()
	old := s.states[who.appID].push
	s.mu.Unlock()
	if r.PostFormValue("stop") != "" {
		s.SetPush(who.appID, "", old.token, old.encodingKey) // was valid before
		return done("不再推送。", "Nothing is pushed any more.")
	}
	if address == "" && strings.Contains(old.url, "?") {
		address = old.url
	}
	if token == "" {
		token = old.token
	}
	if key == "" && r.PostFormValue("plain") == "" {
		key = old.encodingKey
	}
	if err := s.SetPush(who.appID, address, token, key); err != nil {
		n := failedPush(err)
		n.Typed = strings.TrimSpace(r.PostFormValue("url")) // not the one that is kept: its query is hidden
		return n
	}
	if address == "" {
		return done("不再推送。", "Nothing is pushed any more.")
	}
	if err := s.VerifyPush(r.Context(), who.appID); err != nil {
		n := failedWith("已保存，但验证没有通过：", "Saved, but the check failed:", err)
		if errors.Is(err, syscall.ECONNREFUSED) {
			n = failedFor("已保存，但验证没有通过：", "Saved, but the check failed:", "这个地址上没有程序在监听", "no program listens at this address")
		}
		n.Partly = true
		return n
	}
	return done("已保存，验证通过。", "Saved, and the address has passed the check.")
}

// failedPush says which field of the form is wrong.
func failedPush(err error) notice {
	switch text := err.Error(); {
	case strings.Contains(text, "PushToken"):
		return failedFor("没有保存：", "Not saved:", "Token 要 3 到 32 个字母或数字", "Token must be 3 to 32 letters and digits")
	case strings.Contains(text, "EncodingAESKey"):
		return failedFor("没有保存：", "Not saved:", "EncodingAESKey 要 43 个字母或数字", "EncodingAESKey must be 43 letters and digits")
	case strings.Contains(text, "PushURL"):
		return failedFor("没有保存：", "Not saved:", "URL 要是完整的 http(s) 地址，不带用户名和 #", "URL must be a whole http(s) address without user or #")
	}
	return failedWith("没有保存：", "Not saved:", err)
}

func pressForget(s *Sim, _ *http.Request, _ pressed) notice {
	s.ResetCalls()
	return done("时间线已清空。", "The timeline is cleared.")
}

func pressReset(s *Sim, _ *http.Request, _ pressed) notice {
	s.Reset()
	return done("一切回到初始状态。", "Everything is as at the start.")
}
