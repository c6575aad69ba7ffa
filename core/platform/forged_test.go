package platform

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxapi"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// pushed sends text to the first node as WeChat would push it: signed at a time, and
// encrypted for the platform.
func (r *rig) pushed(text string, signed time.Time) (status int) {
	r.t.Helper()
	key, err := wxapi.NewPushKey(platformID, platformKey)
	if err != nil {
		r.t.Fatal(err)
	}
	encrypted, at := key.Encrypt([]byte(text)), fmt.Sprint(signed.Unix())
	query := url.Values{"timestamp": {at}, "nonce": {"1"}, "msg_signature": {wxapi.PushSignature(platformToken, at, "1", encrypted)}}
	return r.send("/events?"+query.Encode(), []byte("<xml><Encrypt>"+encrypted+"</Encrypt></xml>"))
}

func ticketEvent(appID, ticket string, made time.Time) string {
	return fmt.Sprintf("<xml><AppId>%s</AppId><CreateTime>%d</CreateTime><InfoType>component_verify_ticket</InfoType><ComponentVerifyTicket>%s</ComponentVerifyTicket></xml>",
		appID, made.Unix(), ticket)
}

// A signature says who has sent an event, but not that the event is new and for this
// platform: what it holds is checked as well.
func TestAnEventIsCheckedInsideToo(t *testing.T) {
	r := newRig(t)
	p := r.node()
	now := r.sim.Now()
	for _, c := range []struct {
		rule   string
		text   string
		signed time.Time
		want   int
	}{
		{"another platform's event is refused", ticketEvent("wxanother", "t1", now), now, 403},
		{"an event without a platform is refused", ticketEvent("", "t2", now), now, 403},
		{"the platform's id counts in its case", ticketEvent("WX00000000000000cc", "t3", now), now, 403},
		{"an event of six minutes ago is refused, however it is signed", ticketEvent(platformID, "t4", now.Add(-6*time.Minute)), now, 403},
		{"an event of the future is refused", ticketEvent(platformID, "t5", now.Add(6*time.Minute)), now, 403},
		{"an event without a time is refused", ticketEvent(platformID, "t6", time.Unix(0, 0)), now, 403},
		{"a signature of six minutes ago is refused, whatever it signs", ticketEvent(platformID, "t7", now), now.Add(-6 * time.Minute), 403},
		{"a signature of the future is refused", ticketEvent(platformID, "t8", now), now.Add(6 * time.Minute), 403},
	} {
		if status := r.pushed(c.text, c.signed); status != c.want {
			t.Errorf("rule: %s: %d", c.rule, status)
		}
	}
	var kept ticketRecord
	if _, found, _ := p.records.load(t.Context(), ticketName, &kept); found {
		t.Errorf("rule: nothing of a refused event is stored: %d tickets", len(kept.Tickets))
	}
	if status := r.pushed(ticketEvent(platformID, "good", now), now); status != 200 {
		t.Errorf("rule: an event of now for this platform is taken: %d", status)
	}
}

// The account in a push decides whose record is written, and the code decides who has
// agreed. If the two differ, neither is believed.
func TestACodeIsOfTheAccountThatThePushNames(t *testing.T) {
	r := newRig(t)
	p := r.ready()
	r.sim.SetPlatformMode(platformID, wxsim.PlatformMode{WithoutPush: true})
	code, err := r.sim.Connect(t.Context(), platformID, shopA)
	if err != nil {
		t.Fatal(err)
	}
	err = p.handle(t.Context(), event{InfoType: "authorized", Account: shopB, Code: code, CreateTime: r.sim.Now().Unix()})
	if err == nil {
		t.Error("rule: a push with another account's code is an error")
	}
	for _, shop := range []string{shopA, shopB} {
		if _, found, _ := p.records.load(t.Context(), accountPrefix+shop, &accountRecord{}); found {
			t.Errorf("rule: and connects nobody: %s", shop)
		}
	}
}
