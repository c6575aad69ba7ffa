package core

import (
	"fmt"
	"strings"
	"testing"
)

func TestAWebsiteApplicationIsChecked(t *testing.T) {
	const secret = "w3bs1t3-canary"
	for rule, c := range map[string]struct {
		w    Website
		want []string
	}{
		"an app id without a secret":        {Website{AppID: "wx1"}, []string{"Config.Website.AppSecret", "WECHAT_WEBSITE_APP_SECRET"}},
		"a secret without an app id":        {Website{AppSecret: secret}, []string{"Config.Website.AppID", "WECHAT_WEBSITE_APP_ID"}},
		"the account's own app id":          {Website{testAppID, secret}, []string{"Website.AppID", "网站应用"}},
		"the account's own secret":          {Website{"wx1", testSecret}, []string{"Website.AppSecret"}},
		"an app id with a space":            {Website{"wx 1", secret}, []string{"Website.AppID"}},
		"a secret with a line end":          {Website{"wx1", secret + "\n"}, []string{"Website.AppSecret", "white space"}},
		"a secret that is white space":      {Website{"wx1", " "}, []string{"Website.AppSecret", "white space"}},
		"two mistakes are told together":    {Website{"wx 1", secret + " "}, []string{"Website.AppID", "Website.AppSecret"}},
		"the account's id without a secret": {Website{AppID: testAppID}, []string{"Website.AppID is the account's own", "WECHAT_WEBSITE_APP_SECRET"}},
	} {
		a, err := New(Config{AppID: testAppID, AppSecret: testSecret, Website: c.w})
		if err == nil {
			a.Close()
			t.Errorf("rule: %s is refused", rule)
			continue
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("rule: %s is told with its fix: %v lacks %s", rule, err, part)
			}
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("rule: %s is told without a secret: %v", rule, err)
		}
	}
}

func TestAWebsiteApplicationNeverPrintsItsSecret(t *testing.T) {
	c := Config{AppID: testAppID, AppSecret: testSecret, PublicURL: "https://app.example.com"}
	withWebsite(&c)
	r := newRig(t, withWebsite)
	for _, v := range []any{c.Website, &c.Website, c, &c, struct{ W Website }{c.Website}, []Website{c.Website}, r.auth} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, "canary") || strings.Contains(got, fmt.Sprintf("%x", testWebsiteSecret)) {
				t.Errorf("rule: no verb prints the secret: %s of %T", verb, v)
			}
		}
	}
	if got := c.Website.LogValue().String() + c.Website.GoString(); strings.Contains(got, "canary") || !strings.Contains(got, testWebsiteID) {
		t.Errorf("rule: the app id is shown, the secret is not: %s", got)
	}
	if text, err := c.Website.MarshalText(); err != nil || strings.Contains(string(text), "canary") {
		t.Errorf("rule: encoding/json and others write no secret: %s", text)
	}
	if strings.Contains(string(reachable(r.auth)), testWebsiteSecret) {
		t.Error("rule: reflection finds no secret in an instance")
	}
}

func TestScanLoginFromTheEnvironment(t *testing.T) {
	t.Setenv("WECHAT_WEBSITE_APP_ID", testWebsiteID)
	t.Setenv("WECHAT_WEBSITE_APP_SECRET", testWebsiteSecret)
	if c := ConfigFromEnv(); c.Website.AppID != testWebsiteID || c.Website.AppSecret != testWebsiteSecret {
		t.Errorf("rule: two variables switch scan login on: %v", c.Website)
	}
}
