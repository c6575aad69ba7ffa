package core

import (
	"fmt"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// everyFact calls f with every combination of facts, reachable or not.
func everyFact(f func(facts)) (n int) {
	for _, mode := range []Mode{ModeRequire, ModeOptional, ModeLogin} {
		for k := range web.Kinds {
			for c := range web.Clients {
				for l := anonymous; l <= promptLevel; l++ {
					for want := silentLevel; want <= promptLevel; want++ {
						for a := range callbacks {
							for asked := anonymous; asked <= promptLevel; asked++ {
								for bits := range 32 {
									for w := range followStates {
										for screen := range screenStates {
											n++
											f(facts{mode, k, c, l, want, a, asked, bits&1 != 0, bits&2 != 0, bits&8 != 0, bits&4 != 0, w, bits&16 != 0, screen})
										}
									}
								}
							}
						}
					}
				}
			}
		}
	}
	return n
}

// free holds where an anonymous visitor may continue: behind Optional, and outside
// WeChat where the route allows it.
func (f facts) free() bool {
	return f.mode == ModeOptional || f.mode == ModeRequire && f.client != web.InsideWeChat && f.allowOutside
}

// scans holds for a visitor who logs in by scan, canLogIn for one who can log in here.
func (f facts) scans() bool    { return f.client == web.Desktop && f.website }
func (f facts) canLogIn() bool { return f.client == web.InsideWeChat || f.scans() }

func (f facts) enough() bool   { return f.free() || f.level >= f.want }
func (f facts) finished() bool { return f.enough() && f.level >= f.asked }
func (f facts) dead() bool     { return f.callback == staleState || f.callback == codeDead }

// unanswered holds where the visitor still has to log in: no callback, a callback that
// is void, or an old one, and the session does not satisfy the route.
func (f facts) unanswered() bool {
	return f.kind == web.Navigation && (f.callback == noCallback && !f.enough() ||
		f.dead() && !f.finished() || f.callback == codeReturned && !f.news && !f.enough())
}

// atScreen holds where the visitor sits at a screen that can log in.
func (f facts) atScreen() bool { return f.client == web.Desktop && f.screen != noScreen }

// followInvariants hold for routes for followers. open is the step of the same facts on
// a route that does not ask.
var followInvariants = []struct {
	rule  string
	holds func(f facts, s, open step) bool
}{
	{"only followers, and anonymous visitors whom the route allows, pass a route for followers", func(f facts, s, open step) bool {
		return s != pass || f.follow == followNotAsked || f.follow == isFollower || f.level == anonymous
	}},
	{"asking for followers changes nothing but what becomes of those who would pass", func(f facts, s, open step) bool {
		return open == pass || s == open
	}},
	{"a follower goes where everybody goes on other routes", func(f facts, s, open step) bool {
		return f.follow != isFollower || s == open
	}},
	{"for an anonymous visitor WeChat is never asked whether the visitor follows", func(f facts, s, open step) bool {
		return f.level != anonymous || s == open
	}},
	{"WeChat is asked once, about somebody who would pass", func(f facts, s, open step) bool {
		return (s == lookUp) == (open == pass && f.level != anonymous && f.follow == followUnknown)
	}},
	{"who does not follow is asked to, in a window of its own", func(f facts, s, open step) bool {
		if open != pass || f.level == anonymous || f.follow != notFollowing {
			return s != followPage
		}
		return f.kind == web.Frame && s == framePage || f.kind != web.Frame && s == followPage
	}},
	{"if WeChat does not answer, access is denied with a page that says so", func(f facts, s, open step) bool {
		return open != pass || f.level == anonymous || f.follow != followUnavailable || s == unavailablePage
	}},
}

// invariants are what must hold for every combination, whatever decide looks like.
var invariants = []struct {
	rule  string
	holds func(facts, step) bool
}{
	{"a request passes a Require only with a session that satisfies it", func(f facts, s step) bool {
		return !(s == pass && f.mode == ModeRequire) || f.level >= f.want || f.allowOutside && f.client != web.InsideWeChat
	}},
	{"a Login never calls a next handler", func(f facts, s step) bool {
		return !(s == pass && f.mode == ModeLogin)
	}},
	{"a code is exchanged only by a navigation, with a state this browser was given, and only while it is news", func(f facts, s step) bool {
		return s != exchange || f.kind == web.Navigation && f.callback == codeReturned && f.news
	}},
	{"an answer that is news is never thrown away", func(f facts, s step) bool {
		return !(f.kind == web.Navigation && f.callback == codeReturned && f.news) || s == exchange
	}},
	{"a script continues or gets a 401 with the login address, nothing else", func(f facts, s step) bool {
		return f.kind != web.Script || s == unauthorized || s == pass || s == arrive && f.mode == ModeLogin
	}},
	{"a frame is passed or shown the way out of it, nothing else", func(f facts, s step) bool {
		return f.kind != web.Frame || s == framePage || s == pass || s == arrive && f.mode == ModeLogin
	}},
	{"a form is passed or answered with a page to log in again, never sent to WeChat", func(f facts, s step) bool {
		return f.kind != web.FormPost || s == logInAgainPage || s == pass || s == arrive && f.mode == ModeLogin
	}},
	{"a form is passed wherever a script is, and refused wherever a script is", func(f facts, s step) bool {
		script := f
		script.kind = web.Script
		other := decide(script)
		return f.kind != web.FormPost || s == other || s == logInAgainPage && other == unauthorized
	}},
	{"only scripts get the 401 document, only forms its page, only frames the frame's page, only preflights nothing", func(f facts, s step) bool {
		return (s != unauthorized || f.kind == web.Script) && (s != logInAgainPage || f.kind == web.FormPost) && (s != framePage || f.kind == web.Frame) && (s != noContent || f.kind == web.Preflight)
	}},
	{"a CORS preflight is passed or answered with nothing", func(f facts, s step) bool {
		return f.kind != web.Preflight || s == noContent || s == pass || s == arrive && f.mode == ModeLogin
	}},
	{"who has enough is let through, script or frame or navigation without an answer", func(f facts, s step) bool {
		if !f.enough() || f.kind == web.Navigation && f.callback != noCallback {
			return true
		}
		return s == pass && f.mode != ModeLogin || s == arrive && f.mode == ModeLogin
	}},
	{"no path leads to WeChat when the attempts are spent", func(f facts, s step) bool {
		return s != start && s != scan || !f.spent
	}},
	{"a visitor outside WeChat is never redirected to the account's login", func(f facts, s step) bool {
		return s != start || f.client == web.InsideWeChat
	}},
	{"only a navigation of a desktop browser goes to scan login, and only with a website application", func(f facts, s step) bool {
		return s != scan || f.kind == web.Navigation && f.client == web.Desktop && f.website
	}},
	{"a website application changes nothing in WeChat and on phones", func(f facts, s step) bool {
		without := f
		without.website = false
		return f.client == web.Desktop || s == decide(without)
	}},
	{"without a website application or a screen's code a desktop browser is outside as a phone is", func(f facts, s step) bool {
		phone := f
		phone.client = web.OutsideWeChat
		return f.client != web.Desktop || f.website || f.atScreen() || s == decide(phone)
	}},
	{"with one it is treated as WeChat's browser is, and scans where that one starts", func(f facts, s step) bool {
		inside := f
		inside.client = web.InsideWeChat
		if !f.scans() || f.allowOutside || f.atScreen() {
			return true
		}
		other := decide(inside)
		return s == other && s != start || s == scan && other == start
	}},
	{"an Optional gate starts and demands nothing", func(f facts, s step) bool {
		return !f.free() || s != start && s != scan && s != unauthorized && s != logInAgainPage && s != framePage && s != outsidePage && s != stuckPage
	}},
	{"an Optional gate leaves a dead answer to the gate that asked", func(f facts, s step) bool {
		return !(f.free() && f.unanswered()) || s == pass
	}},
	{"inside WeChat with attempts left, the login starts", func(f facts, s step) bool {
		return !(!f.free() && f.unanswered() && f.client == web.InsideWeChat && !f.spent) || s == start
	}},
	{"at a desktop browser with attempts left, scan login starts", func(f facts, s step) bool {
		return !(!f.free() && f.unanswered() && f.scans() && !f.atScreen() && !f.spent) || s == scan
	}},
	{"attempts spent where a visitor can log in end on the page that says why, after one more try from a page of this site", func(f facts, s step) bool {
		spent := !f.free() && f.unanswered() && f.canLogIn() && !f.atScreen() && f.spent
		return (s == stuckPage) == (spent && !f.withheld) && (s == continuePage) == (spent && f.withheld)
	}},
	{"where a visitor cannot log in, that is said first", func(f facts, s step) bool {
		return !(!f.free() && f.unanswered() && !f.canLogIn() && !f.atScreen()) || s == outsidePage
	}},
	{"a screen is only ever the person who allowed it, on a device known to be that person's own, or with a number", func(f facts, s step) bool {
		return s != redeem || f.screen == screenTrusted && f.atScreen()
	}},
	{"knowing a code is worth nothing: without an answer for this very screen nobody is asked for a number", func(f facts, s step) bool {
		return s != numberPage || f.screen == screenAllowed && f.atScreen()
	}},
	{"a screen that has to log in shows what has become of its code", func(f facts, s step) bool {
		if f.free() || !f.unanswered() || !f.atScreen() {
			return s != screenPage && s != numberPage && s != redeem
		}
		switch f.screen {
		case screenTrusted:
			return s == redeem
		case screenAllowed:
			return s == numberPage
		case screenUnavailable:
			return s == unavailablePage
		}
		return s == screenPage
	}},
	{"phones, WeChat's own browsers, scripts, frames and forms never become a screen", func(f facts, s step) bool {
		return f.kind == web.Navigation && f.client == web.Desktop || s != screenPage && s != numberPage && s != redeem
	}},
	{"a code on the screen changes nothing for those who need none", func(f facts, s step) bool {
		without := f
		without.screen = noScreen
		return !f.free() && f.unanswered() && f.client == web.Desktop || s == decide(without)
	}},
	{"a finished login arrives at the page that was asked for", func(f facts, s step) bool {
		return !(f.kind == web.Navigation && f.callback == loggedIn) || s == arrive
	}},
	{"trouble upstream ends on its page and never restarts by itself", func(f facts, s step) bool {
		return !(f.kind == web.Navigation && (f.callback == unavailable || f.callback == tooLittle)) || s == unavailablePage
	}},
	{"a refusal of the app's own ends on its page and never restarts by itself", func(f facts, s step) bool {
		return (s == deniedPage) == (f.kind == web.Navigation && f.callback == denied)
	}},
	{"a snapshot's virtual visitor sees its page", func(f facts, s step) bool {
		return !(f.kind == web.Navigation && f.callback == snapshot) || s == snapshotPage
	}},
	{"a refusal is a page, unless the session has all that was asked for", func(f facts, s step) bool {
		switch {
		case f.kind != web.Navigation || f.callback != refusalReturned:
			return s != refusedPage
		case f.finished():
			return s == arrive
		}
		return s == refusedPage
	}},
	{"who has all that was asked for gets a clean address instead of a dead answer", func(f facts, s step) bool {
		return !(f.kind == web.Navigation && f.dead() && f.finished()) || s == arrive
	}},
	{"an answer older than the session, with enough in it, is only cleaned away", func(f facts, s step) bool {
		return !(f.kind == web.Navigation && f.callback == codeReturned && !f.news && f.enough()) || s == arrive
	}},
	{"a redirect to the same page cleans something away: never without an answer, or it would loop", func(f facts, s step) bool {
		return !(s == arrive && f.mode != ModeLogin) || f.callback != noCallback
	}},
}

func TestDecideKeepsEveryInvariant(t *testing.T) {
	broken := map[string]int{}
	fails := func(rule string, f facts, s step) {
		if broken[rule]++; broken[rule] == 1 {
			t.Errorf("%s\n\tfacts %s\n\tstep  %d", rule, f, s)
		}
	}
	n := everyFact(func(f facts) {
		plain := f
		plain.follow = followNotAsked
		s, open := decide(f), decide(plain)
		if f.follow == followNotAsked {
			for _, inv := range invariants {
				if !inv.holds(f, s) {
					fails(inv.rule, f, s)
				}
			}
		}
		for _, inv := range followInvariants {
			if !inv.holds(f, s, open) {
				fails(inv.rule, f, s)
			}
		}
	})
	if want := 3 * int(web.Kinds) * int(web.Clients) * 3 * 2 * int(callbacks) * 3 * 32 * int(followStates) * int(screenStates); n != want {
		t.Errorf("enumerated %d combinations, want %d", n, want)
	}
	t.Logf("%d combinations, %d invariants", n, len(invariants)+len(followInvariants))
}

func (f facts) String() string {
	return fmt.Sprintf("mode %d kind %d client %d level %d want %d answer %d asked %d news %v spent %v withheld %v guests %v follow %d website %v screen %d",
		f.mode, f.kind, f.client, f.level, f.want, f.callback, f.asked, f.news, f.spent, f.withheld, f.allowOutside, f.follow, f.website, f.screen)
}

// Two gates in a chain see the same answer: whatever the outer one makes of it,
// the inner one must still be able to count.
func TestAnswersSurviveAnOuterGate(t *testing.T) {
	everyFact(func(inner facts) {
		if inner.mode != ModeRequire || inner.kind != web.Navigation || !inner.dead() || inner.level >= inner.want || inner.asked != inner.want {
			return
		}
		if inner.follow != followNotAsked {
			return
		}
		for _, outer := range []facts{
			{mode: ModeOptional, want: silentLevel}, {mode: ModeRequire, want: silentLevel},
		} {
			f := inner
			f.mode, f.want = outer.mode, outer.want
			if s := decide(f); s == arrive {
				t.Errorf("an outer gate cleans away the attempt that an inner one has to count: %s", f)
			}
		}
	})
}
