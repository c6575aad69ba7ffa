package core

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// attack is one way to get a session that is not one's own. It returns the browsers
// that must have none.
type attack struct {
	rule string
	run  func(t *testing.T, r *rig, g *Gate) (without []*browser)
}

var screenAttacks = []attack{
	{"relay: a victim allows the attacker's code, and keeps the digits", func(t *testing.T, r *rig, g *Gate) []*browser {
		attacker, victim := r.desk(), r.phone("mei")
		digits := victim.allows(r.auth, attacker.code(attacker.get(g, "/me")))
		form := attacker.get(g, "/me")
		r.isPage("the attacker is asked for digits", form, "screen-number")
		for range 5 {
			attacker.posts(r.auth, form, nil, "number", wrongNumber(digits))
		}
		attacker.posts(r.auth, form, nil, "number", numberOn(digits)) // too late, even if they are told now
		return []*browser{attacker}
	}},
	{"relay without trying any number", func(t *testing.T, r *rig, g *Gate) []*browser {
		attacker, victim := r.desk(), r.phone("mei")
		victim.allows(r.auth, attacker.code(attacker.get(g, "/me")))
		for range 5 {
			attacker.get(g, "/me")
		}
		return []*browser{attacker}
	}},
	{"a code that was redeemed is redeemed again, with the cookies of before", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		digits := phone.allows(r.auth, desk.code(desk.get(g, "/me")))
		form := desk.get(g, "/me")
		copied := desk.copy()
		desk.posts(r.auth, form, nil, "number", numberOn(digits))
		if desk.user(g, "/me") == nil {
			t.Error("the screen itself is logged in")
		}
		copied.posts(r.auth, form, nil, "number", numberOn(digits))
		copied.get(g, "/me")
		return []*browser{copied}
	}},
	{"a code is redeemed by another screen that knows code and digits", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, other, phone := r.desk(), r.desk(), r.phone("mei")
		other.get(g, "/me")
		code := desk.code(desk.get(g, "/me"))
		digits := phone.allows(r.auth, code)
		form := desk.get(g, "/me")
		r.isPage("the code is another browser's", other.posts(r.auth, form, nil, "number", numberOn(digits)), "phone-expired")
		other.get(g, "/me")
		return []*browser{other}
	}},
	{"the same with the cookie in which the screen keeps its codes", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, other, phone := r.desk(), r.desk(), r.phone("mei")
		other.get(g, "/me")
		code := desk.code(desk.get(g, "/me"))
		other.cookies["__Host-"+r.auth.screens.shown] = desk.cookies["__Host-"+r.auth.screens.shown]
		phone.allows(r.auth, code)
		r.isPage("it shows a code of its own", other.get(g, "/me"), "screen-wait")
		return []*browser{other}
	}},
	{"another site of the same account", func(t *testing.T, r *rig, g *Gate) []*browser {
		other := r.instance(func(c *Config) { c.ScreenLogin, c.PublicURL = true, "https://b.example.com" })
		other.Screens()
		attacker := r.desk()
		page := attacker.get(NewGate(ModeRequire, other), "/me")
		code := found(page, `href="https://b.example.com(/wechat/screen\?s=\w+)"`)
		phone := r.phone("mei")
		r.isPage("its code is nothing here", phone.opens(r.auth, code), "phone-expired")
		return []*browser{attacker}
	}},
	{"two phones: the second allows what the first has scanned", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, mei, jun := r.desk(), r.phone("mei"), r.phone("jun")
		code := desk.code(desk.get(g, "/me"))
		asked := mei.opens(r.auth, code)
		r.isPage("the second is told", jun.opens(r.auth, code), "phone-taken")
		r.isPage("and cannot allow it", jun.posts(r.auth, asked, nil, "answer", "allow"), "phone-expired")
		return []*browser{desk}
	}},
	{"a refusal", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		asked := phone.opens(r.auth, desk.code(desk.get(g, "/me")))
		phone.posts(r.auth, asked, nil, "answer", "deny")
		phone.posts(r.auth, asked, nil, "answer", "allow")
		return []*browser{desk}
	}},
	{"a code that is opened 121 s later", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		code := desk.code(desk.get(g, "/me"))
		r.advance(121 * time.Second)
		r.isPage("it is over", phone.opens(r.auth, code), "phone-expired")
		return []*browser{desk}
	}},
	{"a consent that was open for 121 s", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		asked := phone.opens(r.auth, desk.code(desk.get(g, "/me")))
		r.advance(121 * time.Second)
		r.isPage("it is over", phone.posts(r.auth, asked, nil, "answer", "allow"), "phone-expired")
		return []*browser{desk}
	}},
	{"an answer that nobody fetched for 5 minutes", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		digits := phone.allows(r.auth, desk.code(desk.get(g, "/me")))
		form := desk.get(g, "/me")
		r.advance(5*time.Minute + time.Second)
		desk.posts(r.auth, form, nil, "number", numberOn(digits))
		return []*browser{desk}
	}},
	{"prefetches of every address", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		code := desk.code(desk.get(g, "/me"))
		phone.opens(r.auth, "/wechat/screen?s=none") // nothing happens
		phone.login(g, "/me")
		for _, header := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
			if out := phone.atScreens(r.auth, "GET", code, "", with(header, "prefetch")); out.Status < 400 {
				t.Errorf("rule: a prefetch opens no code: %d", out.Status)
			}
		}
		r.isPage("nobody has opened it", desk.get(g, "/me"), "screen-wait")
		// A device that is known, with an answer that waits: a prefetch does not redeem it.
		known, mei := r.desk(), r.phone("mei")
		r.screenLogin(known, mei, g, "/me")
		known.dropSession()
		mei.allows(r.auth, known.code(known.get(g, "/me")))
		if out := known.send(g, "GET", "/me", with("Sec-Purpose", "prefetch")); out.Status != 401 || len(out.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("rule: a prefetch redeems nothing: %d", out.Status)
		}
		known.dropSession()
		return []*browser{desk}
	}},
	{"a consent in a frame", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		code := desk.code(desk.get(g, "/me"))
		phone.login(g, "/me")
		r.isPage("a frame shows no consent", phone.atScreens(r.auth, "GET", code, "", with("Sec-Fetch-Dest", "iframe", "Sec-Fetch-Mode", "navigate")), "frame")
		r.isPage("nobody has opened it", desk.get(g, "/me"), "screen-wait")
		asked := phone.opens(r.auth, code)
		for _, dest := range []string{"iframe", "embed", "object"} {
			r.isPage("a form that a frame sends is nothing", phone.posts(r.auth, asked, with("Sec-Fetch-Dest", dest, "Sec-Fetch-Mode", "navigate"), "answer", "allow"), "frame")
		}
		return []*browser{desk}
	}},
	{"a consent that another site sends", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		asked := phone.opens(r.auth, desk.code(desk.get(g, "/me")))
		for _, from := range []http.Header{
			with("Origin", "https://evil.example"), with("Origin", "null"), with("Sec-Fetch-Site", "cross-site"), with("Sec-Fetch-Site", "same-site"), with("Origin", "http://app.example.com"),
		} {
			r.isPage("a foreign form allows nothing", phone.posts(r.auth, asked, from, "answer", "allow"), "phone-expired")
		}
		r.isPage("nor does one without proof", phone.posts(r.auth, asked, nil, "answer", "allow", "proof", ""), "phone-expired")
		r.isPage("nor one with another's", phone.posts(r.auth, asked, nil, "answer", "allow", "proof", strings.Repeat("A", 27)), "phone-expired")
		return []*browser{desk}
	}},
	{"digits that another site sends", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		digits := phone.allows(r.auth, desk.code(desk.get(g, "/me")))
		form := desk.get(g, "/me")
		for _, from := range []http.Header{with("Origin", "https://evil.example"), with("Sec-Fetch-Site", "cross-site")} {
			r.isPage("a foreign form logs nobody in", desk.posts(r.auth, form, from, "number", numberOn(digits)), "phone-expired")
		}
		return []*browser{desk}
	}},
	{"a form that was shown to another phone, of the same person", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone, second := r.desk(), r.phone("mei"), r.phone("mei")
		code := desk.code(desk.get(g, "/me"))
		asked := phone.opens(r.auth, code)
		second.opens(r.auth, code)
		r.isPage("a form is one browser's", second.posts(r.auth, asked, nil, "answer", "allow"), "phone-expired")
		return []*browser{desk}
	}},
	{"the account is switched on the phone between question and answer", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		asked := phone.opens(r.auth, desk.code(desk.get(g, "/me")))
		phone.person = "jun"
		login := r.gate(ModeLogin, MaxAge(0))
		phone.arrives(phone.get(login, phone.consent(phone.get(login, "/login?to=/me"))))
		r.isPage("the form was another person's", phone.posts(r.auth, asked, nil, "answer", "allow"), "phone-expired")
		return []*browser{desk}
	}},
	{"the phone logs out after it has allowed", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		digits := phone.allows(r.auth, desk.code(desk.get(g, "/me")))
		form := desk.get(g, "/me")
		phone.send(r.gate(ModeLogout), "POST", "/logout", nil)
		desk.posts(r.auth, form, nil, "number", numberOn(digits))
		return []*browser{desk, phone.without(g)}
	}},
	{"the screen logs out: a code of before is nobody's", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		digits := phone.allows(r.auth, desk.code(desk.get(g, "/me")))
		form := desk.get(g, "/me")
		desk.send(r.gate(ModeLogout), "POST", "/logout", nil)
		r.isPage("it was of the browser of before", desk.posts(r.auth, form, nil, "number", numberOn(digits)), "phone-expired")
		if phone.user(g, "/me") == nil {
			t.Error("rule: the phone stays logged in")
		}
		return []*browser{desk}
	}},
	{"shared computer: an earlier user allows from a photograph, after a logout", func(t *testing.T, r *rig, g *Gate) []*browser {
		shared, earlier := r.desk(), r.phone("mei")
		r.screenLogin(shared, earlier, g, "/me")
		shared.send(r.gate(ModeLogout), "POST", "/logout", nil)
		earlier.allows(r.auth, shared.code(shared.get(g, "/me")))
		r.isPage("the present user is asked for digits", shared.get(g, "/me"), "screen-number")
		return []*browser{shared}
	}},
	{"shared computer: the same, after somebody else was logged in", func(t *testing.T, r *rig, g *Gate) []*browser {
		shared, earlier := r.desk(), r.phone("mei")
		r.screenLogin(shared, earlier, g, "/me")
		shared.dropSession()
		r.screenLogin(shared, r.phone("jun"), g, "/me")
		shared.dropSession()
		earlier.allows(r.auth, shared.code(shared.get(g, "/me")))
		return []*browser{shared}
	}},
	{"a device cookie of another device, with another person's answer", func(t *testing.T, r *rig, g *Gate) []*browser {
		own, attacker, mei, jun := r.desk(), r.desk(), r.phone("mei"), r.phone("jun")
		r.screenLogin(own, mei, g, "/me")
		attacker.cookies["__Host-"+attacker.deviceCookie()] = own.cookies["__Host-"+own.deviceCookie()]
		jun.allows(r.auth, attacker.code(attacker.get(g, "/me")))
		return []*browser{attacker}
	}},
	{"the store is down", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		code := desk.code(desk.get(g, "/me"))
		digits := phone.allows(r.auth, code)
		form := desk.get(g, "/me")
		cache := r.auth.config.Cache.(*downStore)
		cache.down.Store(true)
		r.isPage("the screen is told to try again", desk.get(g, "/me"), "unavailable")
		r.isPage("whatever it sends", desk.posts(r.auth, form, nil, "number", numberOn(digits)), "unavailable")
		r.isPage("and so is the phone", phone.opens(r.auth, code), "unavailable")
		if !strings.Contains(r.log.String(), "screen login") {
			t.Error("rule: trouble is logged")
		}
		return []*browser{desk}
	}},
	{"a screen that is logged in allows another one", func(t *testing.T, r *rig, g *Gate) []*browser {
		first, second := r.desk(), r.desk()
		r.screenLogin(first, r.phone("mei"), g, "/me")
		r.isPage("only phones allow", first.opens(r.auth, second.code(second.get(g, "/me"))), "phone-expired")
		return []*browser{second}
	}},
	{"codes that never were any", func(t *testing.T, r *rig, g *Gate) []*browser {
		desk, phone := r.desk(), r.phone("mei")
		desk.get(g, "/me")
		state := r.auth.keys.NewState(r.now(), 1, false, "b", r.auth.public)
		for _, code := range []string{"", "x", strings.Repeat("0", 53), strings.Repeat("z", 53), strings.Repeat("A", 5000), state, "%00", "../../me"} {
			if out := phone.atScreens(r.auth, "GET", "/wechat/screen?s="+code, "", nil); kindOfPage(out) != "phone-expired" {
				t.Errorf("rule: %.20q is no code: %d %q", code, out.Status, kindOfPage(out))
			}
			desk.atScreens(r.auth, "POST", "/wechat/screen", "number=0000&s="+code, nil)
			desk.atScreens(r.auth, "POST", "/wechat/screen", "answer=allow&s="+code, nil)
		}
		return []*browser{desk}
	}},
}
