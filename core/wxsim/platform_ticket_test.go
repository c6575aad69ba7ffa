package wxsim

import (
	"strings"
	"testing"
	"time"
)

func TestATicketWorksForTwelveHours(t *testing.T) {
	g, e := platformRig(t)
	ask := func(appID, secret, ticket string) int {
		return g.component(PathComponentToken, map[string]any{"component_appid": appID, "component_appsecret": secret, "component_verify_ticket": ticket}).ErrCode
	}
	g.PushTicket(t.Context(), component)
	g.PushTicket(t.Context(), component)
	events := e.take()
	first, second := events[0]["ComponentVerifyTicket"], events[1]["ComponentVerifyTicket"]
	if first == second || events[0]["InfoType"] != "component_verify_ticket" || events[0]["AppId"] != component || events[0]["CreateTime"] == "" {
		t.Errorf("rule: every ticket differs, and names its kind and platform; got %v", events)
	}
	for _, c := range []struct {
		rule, appID, secret, ticket string
		want                        int
	}{
		{"the newest ticket works", component, componentSecret, second, 0},
		{"the one before it works", component, componentSecret, first, 0},
		{"an unknown ticket is 61006", component, componentSecret, "ticket@@@x", 61006},
		{"no ticket is 61006", component, componentSecret, "", 61006},
		{"a wrong secret is 40125", component, "x", second, 40125},
		{"no secret is 41004", component, "", second, 41004},
		{"an unknown platform is 61011", "wxunknown", componentSecret, second, 61011},
		{"an account is no platform", app, secret, second, 61011},
	} {
		if got := ask(c.appID, c.secret, c.ticket); got != c.want {
			t.Errorf("rule: %s; got %d", c.rule, got)
		}
	}
	g.clock.advance(12 * time.Hour)
	if got := ask(component, componentSecret, second); got != 61005 {
		t.Errorf("rule: a ticket of twelve hours is 61005; got %d", got)
	}
}

func TestLostTicketsComeBackWhenAskedFor(t *testing.T) {
	g, e := platformRig(t)
	g.SetPlatformMode(component, PlatformMode{LoseTickets: true})
	if err := g.PushTicket(t.Context(), component); err != nil || len(e.take()) != 0 {
		t.Errorf("rule: a lost ticket is not pushed; %v", err)
	}
	if got := g.component(PathStartPushTicket, map[string]any{"component_secret": "x"}); got.ErrCode != 40125 || len(e.take()) != 0 {
		t.Errorf("rule: a wrong secret starts no pushes; got %d", got.ErrCode)
	}
	if got := g.component(PathStartPushTicket, map[string]any{"component_secret": componentSecret}); got.ErrCode != 0 || len(e.take()) != 1 {
		t.Errorf("rule: api_start_push_ticket pushes again; got %d", got.ErrCode)
	}
}

func TestTicketsComeEverySoOften(t *testing.T) {
	e := newEventSink(t)
	sim, _, stop, err := Start(Config{Accounts: []Account{{AppID: app, Secret: secret, Domain: "localhost"}},
		Platforms: []Platform{{AppID: component, Secret: "s", Domain: "localhost", Token: platformToken, EncodingAESKey: componentKey, EventURL: e.url, TicketEvery: time.Millisecond}}})
	if err != nil {
		t.Fatal(err)
	}
	for count := 0; count < 3; {
		count += len(e.take())
	}
	stop()
	if err := sim.SetPlatformMode("wxunknown", PlatformMode{}); err == nil {
		t.Error("rule: an unknown platform is an error")
	}
}

func TestModesOfDelivery(t *testing.T) {
	g, e := platformRig(t)
	at := "?component_access_token=" + g.componentText(e)
	g.SetPlatformMode(component, PlatformMode{PushTwice: true})
	to, _ := g.agree(at, app, "1")
	got := e.take()
	if len(got) != 2 || got[0]["AuthorizationCode"] != got[1]["AuthorizationCode"] || !strings.Contains(to, "auth_code=") {
		t.Errorf("rule: one code can come three times; got %v %q", got, to)
	}
	g.SetPlatformMode(component, PlatformMode{WithoutPush: true})
	if to, _ := g.agree(at, app, "1"); len(e.take()) != 0 || !strings.Contains(to, "auth_code=") {
		t.Errorf("rule: or by the redirect alone; got %q", to)
	}
	g.SetPlatformMode(component, PlatformMode{WithoutCode: true})
	if to, _ := g.agree(at, app, "1"); len(e.take()) != 1 || strings.Contains(to, "auth_code=") {
		t.Errorf("rule: or by the push alone; got %q", to)
	}
	if g.Reset(); len(g.ConnectedAccounts(component)) != 0 {
		t.Errorf("rule: after Reset nobody has agreed")
	}
}
