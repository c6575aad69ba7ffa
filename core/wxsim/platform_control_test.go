package wxsim

import (
	"strings"
	"testing"
)

func TestPlatformsAreControlledOverHTTP(t *testing.T) {
	g, e := platformRig(t)
	for _, step := range []struct {
		rule, method, path, body string
		done                     func(out map[string]any) bool
	}{
		{"a ticket", "POST", "platforms/ticket", "", func(out map[string]any) bool { return out["told"] == true && len(e.take()) == 1 }},
		{"a consent", "POST", "platforms/connect", `{"appid":"` + app + `"}`, func(out map[string]any) bool {
			return out["auth_code"] == e.take()[0]["AuthorizationCode"]
		}},
		{"the accounts are shown", "GET", "platforms", "", func(out map[string]any) bool {
			return out["platforms"].([]any)[0].(map[string]any)["connected"].([]any)[0] == app
		}},
		{"a disconnect", "POST", "platforms/disconnect", `{"platform":"` + component + `","appid":"` + app + `"}`, func(out map[string]any) bool {
			return out["told"] == true && len(g.ConnectedAccounts(component)) == 0
		}},
		{"a mode", "PUT", "platforms/mode", `{"lose_tickets":true}`, func(map[string]any) bool { return g.platformStates[component].mode.LoseTickets }},
		{"a whitelist", "PUT", "platforms/ips", `{"ips":["10.0.0.1"]}`, func(map[string]any) bool { return len(g.platformStates[component].ips) == 1 }},
		{"addresses", "PUT", "platforms/urls", `{"event_url":"http://127.0.0.1:1/x","message_url":"http://127.0.0.1:1/$APPID$"}`, func(map[string]any) bool {
			return g.platformStates[component].messageURL == "http://127.0.0.1:1/$APPID$"
		}},
		{"an expiry", "POST", "platforms/expire", "", func(map[string]any) bool { return true }},
	} {
		if status, out := g.ctl(step.method, step.path, step.body); status != 200 || !step.done(out) {
			t.Errorf("rule: the control API can do %s; got %d %v", step.rule, status, out)
		}
	}
	for path, body := range map[string]string{"platforms/connect": `{"appid":"wxunknown"}`, "platforms/disconnect": `{"appid":"` + app + `"}`, "platforms/ticket": `{"platform":"wx1"}`} {
		if status, _ := g.ctl("POST", path, body); status != 400 {
			t.Errorf("rule: %s %s is a wrong call; got %d", path, body, status)
		}
	}
	if status, _ := newRig(t).ctl("POST", "platforms/ticket", ""); status != 400 {
		t.Errorf("rule: without a platform there is nothing to push; got %d", status)
	}
}

func TestPlatformsAreChecked(t *testing.T) {
	_, err := New(Config{Accounts: []Account{{AppID: app, Secret: secret, Domain: "localhost"}}, Platforms: []Platform{{
		AppID: app, Domain: "http://x", StartDomain: "a/b", EventURL: "x", MessageURL: "ftp://x/$APPID$", TicketEvery: -1, Connected: []string{"wx1"}, IPs: []string{"x"},
	}}})
	for _, word := range []string{"AppID", "Secret", "Domain", "StartDomain", "EventURL", "MessageURL", "TicketEvery", "Connected", "IPs", "Token", "twice"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("rule: everything wrong is named at once; %s is missing in %v", word, err)
		}
	}
}
