package wxsim

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
)

// seededRig is a simulator with accounts, a website and a platform. What it answers
// and what it pushes is appended to said.
func seededRig(t *testing.T, seed uint64, said *[]string) *rig {
	push := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		*said = append(*said, "push "+r.URL.RawQuery+" "+string(raw))
		io.WriteString(w, "success")
	})
	return siteRig(t, func(c *Config) {
		c.Seed, c.Transport = seed, inProcess{push}
		c.Accounts[0].PushURL, c.Accounts[0].PushToken, c.Accounts[0].EncodingAESKey = "http://app.example.com/push", pushToken, componentKey
		c.Platforms = []Platform{{AppID: "wx00000000000000dd", Secret: componentSecret, Domain: "saas.example.com", Token: platformToken,
			EncodingAESKey: componentKey, EventURL: "http://saas.example.com/events", Connected: []string{otherApp}}}
	})
}

// transcript is everything that a simulator with seed says in a run through all
// that it makes up: codes, tokens of all kinds, tickets, ids of pages and requests,
// nonces and message ids.
func transcript(t *testing.T, seed uint64) []string {
	var said []string
	g := seededRig(t, seed, &said)
	heard := func(target, body string) {
		if body == "" {
			w := g.get(target)
			said = append(said, "answer "+w.Header().Get("Location")+" "+w.Body.String())
			return
		}
		said = append(said, "answer "+g.postJSON(target, body))
	}
	miniCode, err := g.MiniProgramCode(app, "mei")
	if err != nil {
		t.Fatal(err)
	}
	heard(linkFor(callback, scopeBase, "s1"), "")
	heard(linkFor(callback, scopeUserInfo, "s1"), "")
	heard(siteLink(siteReturn, scopeLogin, "s1"), "")
	heard(tokenURL(g.code("mei", scopeUserInfo)), "")
	heard(tokenURL("used"), "")
	heard(PathSession+"?appid="+app+"&secret="+secret+"&js_code="+miniCode+"&grant_type=authorization_code", "")
	heard(PathToken+"?grant_type=client_credential&appid="+app+"&secret="+secret, "")
	token := g.coreText()
	heard(PathTicket+"?type=jsapi&access_token="+token, "")
	heard(PathFollower+"?access_token=wrong", "")
	g.SendText(context.Background(), app, "mei", "hello")
	g.VerifyPush(context.Background(), app)
	g.PushTicket(context.Background(), g.cfg.Platforms[0].AppID)
	code, err := g.Connect(context.Background(), g.cfg.Platforms[0].AppID, app)
	if err != nil {
		t.Fatal(err)
	}
	return append(said, "consent "+code, "refresh "+g.platformStates[g.cfg.Platforms[0].AppID].connected[otherApp].refresh)
}

func TestASeedRepeatsEverything(t *testing.T) {
	first := transcript(t, 7)
	if again := transcript(t, 7); !slices.Equal(again, first) {
		for i := range min(len(first), len(again)) {
			if first[i] != again[i] {
				t.Errorf("rule: the same Seed and the same calls give the same codes, tokens and ids; got first\n%s\nthen\n%s", first[i], again[i])
			}
		}
	}
	for name, other := range map[string][]string{"another Seed": transcript(t, 8), "no Seed": transcript(t, 0)} {
		for i := range first {
			if first[i] == other[i] {
				t.Errorf("rule: with %s everything is different; it says the same:\n%s", name, first[i])
			}
		}
	}
	if none, again := transcript(t, 0), transcript(t, 0); none[0] == again[0] {
		t.Errorf("rule: without a Seed no two simulators say the same; got %s", none[0])
	}
}

func TestNoValueComesTwiceAfterReset(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Seed = 7 })
	seen := map[string]bool{}
	for range 3 {
		code := g.code("mei", scopeBase)
		if seen[code] {
			t.Errorf("rule: with a Seed the sequence goes on after Reset, because applications remember used codes; %s came twice", code)
		}
		seen[code] = true
		g.Reset()
	}
	var codes []string
	for range 2 {
		h := newRig(t, func(c *Config) { c.Seed = 7 })
		h.Reset()
		codes = append(codes, fmt.Sprint(h.code("mei", scopeBase), h.code("jun", scopeBase)))
	}
	if codes[0] != codes[1] {
		t.Errorf("rule: a call of Reset is one of the calls that repeat; got %v", codes)
	}
}
