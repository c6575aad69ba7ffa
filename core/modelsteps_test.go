package core

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/web"
)

const (
	// maxStarts is how often a browser that keeps its cookies may be sent to WeChat before
	// its person does something.
	maxStarts = 3
	maxHops   = 12
)

// ask sends a request, and checks what holds for every answer.
func (a *actor) ask(target string, send func() *Outcome) *Outcome {
	before := a.c.site.wechat.exchanges
	out := send()
	a.checkExchange(target, a.c.site.wechat.exchanges-before)
	a.c.checkAnswer(out)
	if to, sent := strings.CutPrefix(out.Header.Get("Location"), a.rig.open+"/connect/oauth2/authorize?"); sent {
		a.sentToWeChat(to)
	}
	if a.forgetful {
		a.forgets()
	}
	return out
}

// get asks for a page of the site.
func (a *actor) get(target string) *Outcome {
	if strings.HasPrefix(target, defaultScreenPath) {
		return a.ask(target, func() *Outcome { return a.atScreens(a.rig.auth, "GET", target, "", nil) })
	}
	return a.ask(target, func() *Outcome { return a.send(a.c.site.page, "GET", target, nil) })
}

// sentToWeChat reads where a login goes to, and notes the state as this browser's.
func (a *actor) sentToWeChat(address string) {
	address, _ = strings.CutSuffix(address, "#wechat_redirect")
	q, err := url.ParseQuery(address)
	back, ok := strings.CutPrefix(q.Get("redirect_uri"), "https://app.example.com/")
	if err != nil || !ok {
		a.c.breaks("WeChat sends people back to this site: %q", q.Get("redirect_uri"))
		return
	}
	separator := "?"
	if strings.Contains(back, "?") {
		separator = "&"
	}
	a.pending, a.since = "/"+back+separator+"state="+q.Get("state"), time.Now()
	a.states[q.Get("state")] = a.since
}

// comesBack is what WeChat does with a browser that was sent there: the address that it
// goes back to, with a code of its person.
func (a *actor) comesBack() (target string) {
	a.returned = strings.Replace(a.pending, "state=", "code="+a.c.site.wechat.code(a.openID)+"&state=", 1)
	a.pending = ""
	a.consents[a.openID] = true
	return a.returned
}

// twice sends a request whose answer is lost, and the same request once more, as WeChat and
// people do. Both have to lead to the same place.
func (a *actor) twice(target string) *Outcome {
	before := maps.Clone(a.cookies)
	lost := a.get(target)
	a.cookies = before
	out := a.get(target)
	if from, to := lost.Header.Get("Location"), out.Header.Get("Location"); !a.forgetful && (lost.Status != out.Status || out.Status == http.StatusSeeOther && from != to) {
		a.c.breaks("a return that is delivered twice leads to one place: %d %s, then %d %s", lost.Status, from, out.Status, to)
	}
	return out
}

// follow asks for an address and goes where the answers lead. With silent, WeChat sends
// the browser back by itself, as it does where nobody is asked for consent; without, the
// browser waits there.
func (a *actor) follow(target string, silent bool) *Outcome {
	asked, starts, get := target, 0, a.get
	if silent && target == a.returned {
		get = a.twice
	}
	for range maxHops {
		out := get(target)
		to := out.Header.Get("Location")
		switch {
		case out.Status == http.StatusFound:
			if starts++; starts > maxStarts {
				a.c.breaks("a browser is sent to WeChat %d times at most before its person does something", maxStarts)
				return out
			}
			if !silent {
				return out
			}
			target, get = a.comesBack(), a.twice
		case out.Status == http.StatusSeeOther:
			target, _ = strings.CutPrefix(to, "https://app.example.com")
			a.c.checkArrival(asked, target)
			get = a.get
		case kindOfPage(out) == "continue":
			// The page asks for its own address once more.
		default:
			return out
		}
		if a.c.broken != "" {
			return out
		}
	}
	a.c.breaks("no redirects go on for ever")
	return nil
}

// binding is the browser's binding cookie.
func (a *actor) binding() proof.Binding {
	b, _ := proof.ParseBinding(a.cookies["__Host-"+a.rig.auth.binding])
	return b
}

// post sends the form of a page of screen login, with further fields.
func (a *actor) post(page *Outcome, pairs ...string) *Outcome {
	return a.ask("", func() *Outcome { return a.posts(a.rig.auth, page, nil, pairs...) })
}

// ownState says whether a callback's state was given to this browser, with the cookies
// that it has now, and still counts.
func (a *actor) ownState(target string) bool {
	t, ok := web.ParseTarget(target)
	if !ok {
		return false
	}
	state, _, _, found := t.LastParam("state")
	issued, given := a.states[state]
	return found && given && time.Since(issued) <= 10*time.Minute
}
