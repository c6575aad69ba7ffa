package core

import (
	"maps"
	"net/http"
	"strings"
	"time"
)

const (
	// pause is how long people take from one event to the next.
	pause = 2 * time.Second
	// eventsOfAModel is how many events there are.
	eventsOfAModel = 13
)

// modelEvent is something that people and browsers do.
type modelEvent struct {
	name    string
	can     func(*conversation) bool // nil: always
	happens func(*conversation)
}

// conversationEvents are all that happens in a model.
var conversationEvents = [eventsOfAModel]modelEvent{
	{"A opens the page", nil, func(c *conversation) { c.a.follow(modelPage, false) }},
	{"A comes back from WeChat, twice", func(c *conversation) bool { return c.a.pending != "" }, func(c *conversation) { c.a.completes() }},
	{"A's person refuses", func(c *conversation) bool { return c.a.pending != "" }, func(c *conversation) { c.a.refuses() }},
	{"A's last return is opened again", func(c *conversation) bool { return c.a.returned != "" }, func(c *conversation) { c.a.follow(c.a.returned, false) }},
	{"A logs out", nil, (*conversation).logsOut},
	{"A loses its cookies", func(c *conversation) bool { return len(c.a.cookies) > 0 }, func(c *conversation) { c.a.forgets(); c.forgot = true }},
	{"A's WeChat is another person's now", nil, func(c *conversation) { c.a.openID = c.other(c.a.openID) }},
	{"B opens the page", nil, func(c *conversation) { c.b.follow(modelPage, false) }},
	{"B comes back from WeChat, twice", func(c *conversation) bool { return c.b.pending != "" }, func(c *conversation) { c.b.completes() }},
	{"A's return is opened in B", func(c *conversation) bool { return c.a.pending != "" || c.a.returned != "" }, (*conversation).forwards},
	{"the screen opens the page", nil, (*conversation).looks},
	{"A's phone scans the screen and allows it", func(c *conversation) bool { return c.code != "" }, (*conversation).allows},
	{"eleven minutes pass", nil, func(*conversation) { time.Sleep(11 * time.Minute) }},
}

// possible are the events that can happen now.
func (c *conversation) possible() (events []int) {
	for i, e := range conversationEvents {
		if e.can == nil || e.can(c) {
			events = append(events, i)
		}
	}
	return events
}

func (c *conversation) other(person string) string {
	if person == c.people[0] {
		return c.people[1]
	}
	return c.people[0]
}

// completes is a person whom WeChat sends back, as often as the site starts anew: WeChat
// asks nobody for consent to a silent login.
func (a *actor) completes() {
	target := a.comesBack()
	own := a.ownState(target)
	a.checkLoggedIn(own, a.follow(target, true))
}

// refuses is a person who is sent back without a code.
func (a *actor) refuses() {
	target := a.pending
	a.pending = ""
	a.follow(target, false)
}

// logsOut is A's person, who logs out. Somebody who has kept the cookies of before is
// nobody with them, and cannot use a return from WeChat that has logged A in.
func (c *conversation) logsOut() {
	old, was := c.a.cookies, c.a.user()
	c.a.cookies = maps.Clone(old)
	out := c.a.ask("", func() *Outcome {
		return c.a.send(c.site.logout, "POST", "/logout", with("Sec-Fetch-Site", "same-origin"))
	})
	if out.Status != http.StatusSeeOther || c.a.user() != "" {
		c.breaks("a logout ends the session: %d, %q is there", out.Status, c.a.user())
	}
	clear(c.a.consents)
	clear(c.a.states)
	c.ghost(inWeChat, old, "the cookies of before a logout", func(ghost *actor) {
		if c.a.returned != "" && was != "" {
			// WeChat may be asked for the code once more, and refuses it.
			ghost.send(c.site.page, "GET", c.a.returned, nil)
			c.site.wechat.again = false
		}
	})
	if c.allowed != "" && !c.forgot {
		c.allowed = "" // what a phone has allowed counts while the session lives that it had then
		c.forbid()
	}
}

// forwards is a link that A's person sends to B's: an address with a code, which A has
// opened or not.
func (c *conversation) forwards() {
	target := c.a.returned
	if c.a.pending != "" {
		target = c.a.comesBack()
	}
	c.b.follow(target, false)
}

// ghost is a browser with cookies that are worth nothing: whatever it tries, it is nobody.
func (c *conversation) ghost(ua string, cookies map[string]string, what string, tries func(*actor)) {
	g := c.actor(ua, "")
	if cookies != nil {
		g.cookies = cookies
	}
	tries(g)
	if u := g.user(); u != "" {
		c.breaks("nobody is ever another person: with %s somebody is %s", what, u)
	}
}

// forbid takes back what only an answer that was not used stood for: from now on the
// screen is at most who it is.
func (c *conversation) forbid() {
	u := c.desk.user()
	maps.DeleteFunc(c.desk.consents, func(openID string, _ bool) bool { return openID != u })
}

// looks is the person at the screen, who opens the page and types what the phone shows.
// Somebody who has photographed code and digits tries first, and a mistyped number comes
// before the right one.
func (c *conversation) looks() {
	out := c.desk.get(modelPage)
	if c.code = ""; kindOfPage(out) == "screen-wait" {
		c.code = c.desk.browser.code(out)
	}
	if kindOfPage(out) != "screen-number" {
		return
	}
	c.ghost(atDesk, nil, "code and digits without the screen's cookie", func(ghost *actor) { ghost.post(out, "number", c.digits) })
	c.desk.post(out, "number", wrongNumber(&Outcome{Body: []byte(`<output id="wx-number">` + c.digits + `</output>`)}))
	if u := c.desk.user(); u != "" {
		c.breaks("a wrong number logs nobody in: the screen is %s", u)
	}
	old := maps.Clone(c.desk.cookies)
	valid := c.allowed != "" && time.Since(c.answered) < 5*time.Minute && c.a.user() == c.allowed
	was := c.allowed
	c.allowed = ""
	if done := c.desk.post(out, "number", c.digits); done.Status == http.StatusSeeOther && strings.HasSuffix(done.Header.Get("Location"), modelPage) {
		c.desk.get(modelPage)
	}
	c.ghost(atDesk, old, "a screen's answer that was used", func(ghost *actor) { ghost.post(out, "number", c.digits) })
	if u := c.desk.user(); valid && u != was {
		c.breaks("a screen that its person allowed, and that is told the digits, is that person: %q instead of %q", u, was)
	}
	c.forbid()
}

// allows is A's person, who scans the screen's code and allows the login. WeChat logs the
// phone in first where that is asked for. A phone that has allowed it already only shows
// the digits again: that allows nothing anew.
func (c *conversation) allows() {
	asks := c.a.follow(c.code, true)
	kind := kindOfPage(asks)
	if kind == "phone-allow" {
		asks = c.a.post(asks, "answer", "allow")
		c.allowed, c.answered, c.forgot = c.a.user(), time.Now(), false
		c.desk.consents[c.allowed] = true
	}
	if c.digits = numberOn(asks); c.digits == "" && (kind == "phone-allow" || kind == "phone-allowed") {
		c.breaks("a phone that allows a login shows digits: %s", kindOfPage(asks))
	}
}
