package wxsim

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

// button is something that the page can do: its name in the field "do", how the
// timeline calls it, and the function. Only the parameters of params are written to
// the timeline.
type button struct {
	name   timeline.Words
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
		doFollow:     {w("关注", "follows"), nil, pressFollow},
		doUnfollow:   {w("取消关注", "stops following"), nil, pressUnfollow},
		doScan:       {w("扫描带参数的二维码", "scans a QR code with a scene"), []string{"scene"}, pressScan},
		"message":    {w("给公众号发消息", "writes to the account"), nil, pressMessage},
		"menu":       {w("点菜单", "presses a menu button"), []string{"button"}, pressMenuButton},
		"open":       {w("进入应用", "enters the application"), []string{"entry", "address"}, pressOpen},
		"treat":      {w("改变微信对此人的方式", "changes how WeChat treats the person"), []string{"snapshot", "from_menu", "agreed"}, pressTreat},
		"fault":      {w("安排下一次回答", "chooses the next answer"), []string{"name", "times", "endpoint"}, pressFault},
		"clear":      {w("收回安排好的回答", "takes back the chosen answers"), []string{"endpoint"}, pressClear},
		"clock":      {w("拨动时钟", "moves the clock"), []string{"advance"}, pressClock},
		"expire":     {w("让公众号 token 失效", "ends the account tokens"), nil, pressExpire},
		"domains":    {w("修改网页授权域名", "changes the registered domains"), []string{"domains"}, pressDomains},
		"push":       {w("修改推送地址", "changes the push address"), []string{"url", "stop"}, pressPush},
		"ticket":     {w("推送 ticket", "pushes a ticket"), []string{"platform"}, pressTicket},
		"connect":    {w("公众号授权给平台", "the account agrees to the platform"), []string{"platform"}, pressConnect},
		"disconnect": {w("公众号取消授权", "the account takes its consent back"), []string{"platform"}, pressDisconnect},
		"forget":     {w("清空时间线", "empties the timeline"), nil, pressForget},
		"reset":      {w("回到初始状态", "takes everything back to the start"), nil, pressReset},
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
	if n.Failed {
		outcome = "not done"
	}
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
	to := "/"
	if appID := r.PostFormValue("account"); appID != "" {
		to += "?account=" + url.QueryEscape(appID)
	}
	a := seeOther(to)
	a.cookie = rememberPerson(r, p.ID)
	return a
}

// pushedNotice is the notice of a change that is pushed.
func pushedNotice(zh, en string, told bool, err error) notice {
	switch {
	case err == nil && told:
		return done(zh+"应用已收到消息。", en+" The application has been told.")
	case err == nil:
		return done(zh+"没有设置推送地址，应用不会收到消息。", en+" There is no push address, so the application is not told.")
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
		return failedWith("没有发送：", "Not sent:", errors.New("the message is empty"))
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
		return failedWith("打不开：", "Not opened:", errors.New("the address must be an http(s) one on a registered domain of the account; add the domain below, or with the flag -domain"))
	}
	menu := r.PostFormValue("entry") == "menu"
	s.SetFromMenu(who.personID, menu)
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
		return failedWith("没有安排：", "Not arranged:", errors.New("how often must be a number from 1 to "+strconv.Itoa(maxTimes)))
	}
	endpoint := r.PostFormValue("endpoint")
	if endpoint != "" && !slices.Contains(faultPaths(), endpoint) {
		return failedWith("没有安排：", "Not arranged:", errors.New("the simulator has no endpoint "+clipped(endpoint)))
	}
	if err := s.queueNamed(FaultName(r.PostFormValue("name")), times, endpoint); err != nil {
		return failedWith("没有安排：", "Not arranged:", err)
	}
	return done("安排好了，下一次调用就会遇到。", "Arranged: the next call meets it.")
}

func pressClear(s *Sim, r *http.Request, _ pressed) notice {
	if endpoint := r.PostFormValue("endpoint"); endpoint != "" {
		s.Clear(endpoint)
	} else {
		s.ClearAll()
	}
	return done("收回了。", "Taken back.")
}

func pressClock(s *Sim, r *http.Request, _ pressed) notice {
	text := strings.TrimSpace(r.PostFormValue("advance"))
	d, err := time.ParseDuration(text)
	if err != nil || d == 0 {
		return failedWith("时钟没有动：", "The clock has not moved:", errors.New("write a duration such as 90s, 5m or 720h"))
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
		return failedWith("没有保存：", "Not saved:", err)
	}
	if address == "" {
		return done("不再推送。", "Nothing is pushed any more.")
	}
	if err := s.VerifyPush(r.Context(), who.appID); err != nil {
		return failedWith("已保存，但验证没有通过：", "Saved, but the check failed:", err)
	}
	return done("已保存，验证通过。", "Saved, and the address has passed the check.")
}

func pressForget(s *Sim, _ *http.Request, _ pressed) notice {
	s.ResetCalls()
	return done("时间线已清空。", "The timeline is empty.")
}

func pressReset(s *Sim, _ *http.Request, _ pressed) notice {
	s.Reset()
	return done("一切回到初始状态。", "Everything is as at the start.")
}
