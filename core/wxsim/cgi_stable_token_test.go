package wxsim

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestStableTokenIsTheSame(t *testing.T) {
	g := newRig(t)
	first := g.stableBody(false)
	if first.ExpiresIn != 7200 || g.use(first.AccessToken) != 0 {
		t.Fatalf("rule: a first one lives for 7200 s; got %+v", first)
	}
	g.clock.advance(3000*time.Second + time.Millisecond)
	if got := g.stableBody(false); got.AccessToken != first.AccessToken || got.ExpiresIn != 4199 {
		t.Errorf("rule: it is the same, with the whole seconds that are left; got %+v", got)
	}
	g.clock.advance(accountTokenLife - overlap - 3000*time.Second - 2*time.Millisecond)
	if got := g.stableBody(false); got.AccessToken != first.AccessToken || got.ExpiresIn != 300 {
		t.Errorf("rule: until its last five minutes it is the same; got %+v", got)
	}
	g.clock.advance(time.Millisecond)
	second := g.stableBody(false)
	if second.AccessToken == first.AccessToken || second.ExpiresIn != 7200 {
		t.Errorf("rule: in its last five minutes there is a new one; got %+v", second)
	}
	g.clock.advance(overlap - 1)
	if g.use(first.AccessToken) != 0 || g.use(second.AccessToken) != 0 {
		t.Error("rule: both work until the old one's end")
	}
	g.clock.advance(1)
	if got := g.use(first.AccessToken); got != 42001 {
		t.Errorf("rule: the old one expires, nothing replaced it before; got %d", got)
	}
	g.clock.advance(accountTokenLife)
	if got := g.stableBody(false); got.AccessToken == second.AccessToken || got.ExpiresIn != 7200 {
		t.Errorf("rule: after its end there is a new one; got %+v", got)
	}
}

func TestStableTokenNeverHasLessThanFiveMinutes(t *testing.T) {
	g := newRig(t)
	for range 3000 {
		if got := g.stableBody(false); got.ExpiresIn < 300 || got.ExpiresIn > 7200 {
			t.Fatalf("rule: expires_in is 300 to 7200; got %d", got.ExpiresIn)
		}
		g.clock.advance(7919 * time.Millisecond)
	}
}

func TestForceRefresh(t *testing.T) {
	g := newRig(t)
	first := g.stableBody(false).AccessToken
	second := g.stableBody(true).AccessToken
	if second == first || g.use(first) != 40001 || g.use(second) != 0 {
		t.Error("rule: force_refresh gives a new one and kills the old one at once")
	}
	g.clock.advance(forceGap - 1)
	if got := g.stableBody(true); got.AccessToken != second || got.ExpiresIn != 7170 || g.use(second) != 0 {
		t.Errorf("rule: within 30 s it gives the current one; got %+v", got)
	}
	g.clock.advance(1)
	if got := g.stableBody(true); got.AccessToken == second {
		t.Error("rule: after 30 s it works again; a call that did nothing does not count")
	}

	g = newRig(t)
	seen := map[string]bool{}
	for range 25 {
		seen[g.stableBody(true).AccessToken] = true
		g.clock.advance(forceGap)
	}
	if len(seen) != 20 {
		t.Errorf("rule: it works 20 times a day; got %d", len(seen))
	}
	g.clock.advance(24 * time.Hour)
	last := g.stableBody(true).AccessToken
	if seen[last] {
		t.Error("rule: the next day it works again")
	}
	g.clock.advance(forceGap)
	if got := g.stableBody(true); got.AccessToken == last {
		t.Error("rule: the next day has twenty of its own")
	}
}

func TestForceRefreshEndsTheOverlapToo(t *testing.T) {
	g := newRig(t)
	first := g.stableBody(false).AccessToken
	g.clock.advance(accountTokenLife - overlap)
	second := g.stableBody(false).AccessToken
	g.stableBody(true)
	if g.use(first) != 40001 || g.use(second) != 40001 {
		t.Errorf("rule: force_refresh kills the one of the overlap, too; got %d, %d", g.use(first), g.use(second))
	}
}

func TestTheTwoKindsOfTokenAreApart(t *testing.T) {
	g := newRig(t)
	minted, stable := g.coreText(), g.stableBody(false).AccessToken
	g.coreText()
	g.clock.advance(overlap)
	if g.use(minted) != 40001 || g.use(stable) != 0 || g.stableBody(false).AccessToken != stable {
		t.Error("rule: /cgi-bin/token ends its own tokens only")
	}
	minted = g.coreText()
	g.stableBody(true)
	if g.use(stable) != 40001 || g.use(minted) != 0 {
		t.Error("rule: force_refresh ends stable tokens only")
	}
}

func TestStableTokenBody(t *testing.T) {
	good := `{"grant_type":"client_credential","appid":"` + app + `","secret":"` + secret + `"`
	for rule, tc := range map[string]struct {
		body string
		code int
	}{
		"an empty body is 44002":                      {"", 44002},
		"what is no JSON is 47001":                    {"grant_type=client_credential", 47001},
		"half a JSON is 47001":                        {good, 47001},
		"another type is 47001":                       {good + `,"force_refresh":"yes"}`, 47001},
		"a list is 47001":                             {"[]", 47001},
		"too much is 47001":                           {good + `,"pad":"` + strings.Repeat("x", maxBody) + `"}`, 47001},
		"an object without anything is missing appid": {"{}", 41002},
		"force_refresh may be left out":               {good + "}", 0},
	} {
		if got := newRig(t).json(PathStableToken, tc.body); got.code() != tc.code {
			t.Errorf("rule: %s; got %d %s", rule, got.code(), got.ErrMsg)
		}
	}
	r := httptest.NewRequest("POST", PathStableToken, strings.NewReader(good+"}"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if got := decode(t, newRig(t).do(r)); got.AccessToken == "" {
		t.Errorf("rule: JSON is read whatever Content-Type says; got %+v", got)
	}
	if got := newRig(t).json(PathStableToken+coreQuery, "{}"); got.code() != 41002 {
		t.Errorf("rule: the query does not count; got %d", got.code())
	}
}
