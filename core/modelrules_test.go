package core

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// breaks notes a broken rule, the first of a conversation.
func (c *conversation) breaks(format string, args ...any) {
	if c.broken == "" {
		c.broken = fmt.Sprintf(format, args...)
	}
}

// checkPeople holds after every event: nobody is ever another person. A browser is only
// somebody who has come back from WeChat in it since it last logged out or lost its
// cookies; a screen is only somebody who has allowed it.
func (c *conversation) checkPeople() {
	for name, a := range map[string]*actor{"browser A": c.a, "browser B": c.b, "the screen": c.desk} {
		if u := a.user(); u != "" && !a.consents[u] {
			c.breaks("nobody is ever another person: %s is %s, allowed are %v", name, u, a.consents)
		}
	}
}

// checkExchange holds for every request: no code is exchanged without a state of this
// very browser, and none twice.
func (a *actor) checkExchange(target string, exchanges int) {
	allowed := 0
	if a.ownState(target) {
		allowed = 1
	}
	if exchanges > allowed {
		a.c.breaks("no exchange without an own state: %d exchanges, %d allowed, for %s", exchanges, allowed, target)
	}
	if a.c.site.wechat.again {
		a.c.breaks("no code is exchanged twice: %s", target)
	}
}

// checkArrival holds for every redirect within the site: it ends on the page that was
// asked for, without what WeChat appended, or after a logout on the first page.
func (c *conversation) checkArrival(asked, target string) {
	if strings.HasPrefix(asked, defaultScreenPath) {
		path, _, _ := strings.Cut(asked, "&code=")
		if target != path {
			c.breaks("a phone's login ends at the code that it opened: %s instead of %s", target, path)
		}
	} else if target != modelPage {
		c.breaks("a login ends on the page that was asked for: %s", target)
	}
}

// aWayOn is a link, a form or a button on a page, or a page that goes on by itself.
var aWayOn = regexp.MustCompile(`<meta http-equiv="refresh"|<a [^>]*href="https://app\.example\.com/[^"]*"|<button [^>]*type="submit"|<button [^>]*name="answer"`)

// theEndOnAPhone are pages after which a phone is put away: the way on is on the screen,
// and they say so.
var theEndOnAPhone = map[string]bool{"phone-allowed": true, "phone-refused": true, "phone-expired": true, "phone-taken": true}

// checkAnswer holds for every answer: it is the app's page, a redirect to WeChat or within
// the site, or a page with a way on. Here no answer is a failure.
func (c *conversation) checkAnswer(out *Outcome) {
	switch to := out.Header.Get("Location"); out.Status {
	case 0:
		return
	case http.StatusFound:
		if !strings.HasPrefix(to, c.site.rig.open+"/connect/oauth2/authorize?") {
			c.breaks("a login is at WeChat: %s", to)
		}
	case http.StatusSeeOther:
		if !strings.HasPrefix(to, "https://app.example.com/") {
			c.breaks("every other redirect stays on the site: %s", to)
		}
	case http.StatusOK, http.StatusBadRequest, http.StatusForbidden:
		if kind := kindOfPage(out); !theEndOnAPhone[kind] && !aWayOn.Match(out.Body) {
			c.breaks("no page is without a way on: %d %s", out.Status, kind)
		}
	default:
		c.breaks("no answer is a failure: %d %s", out.Status, kindOfPage(out))
	}
}

// checkLoggedIn holds after a return from WeChat: it ends on the page, or, where a screen's
// code was opened, on what a phone reads about it. A state that is not the browser's own
// costs an attempt, as one in a forwarded link does; when the attempts are spent, the
// page that says so leads to a login that begins anew.
func (a *actor) checkLoggedIn(own bool, out *Outcome) {
	if out == nil || a.forgetful {
		return // broken already; or shown a page, which checkAnswer has looked at
	}
	kind := kindOfPage(out)
	if kind == "stuck" && !own {
		if again := a.follow(strings.TrimPrefix(found(out, `id="retry" href="([^"]*)"`), "https://app.example.com"), false); again == nil || again.Status != http.StatusFound {
			a.c.breaks("the page about spent attempts leads to a login that begins anew")
		}
		return
	}
	if out.Status != 0 && !strings.HasPrefix(kind, "phone-") || a.user() == "" {
		a.c.breaks("who comes back from WeChat with a state of this browser is logged in: %d %s", out.Status, kind)
	}
}
