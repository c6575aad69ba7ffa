package main

import (
	"net/http"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// The secret is reset in WeChat's console: the old one dies at once, and the nodes get
// the new one one after another.
func TestTheAppSecretIsResetWhileNodesRoll(t *testing.T) {
	users := many(120, 30)
	w := newWorld(t, options{people: 2*users + 4})
	all := w.visitors(t, 2*users+4)
	known, fresh, late := all[:users], all[users:2*users], all[2*users:]
	each(t, "everybody can log in", known, 8, func(_ int, v *visitor) error { return v.arrives("/me") })

	const renewed = "made-up-secret-after-the-reset"
	if err := w.SetSecret(appID, renewed); err != nil {
		t.Fatal(err)
	}
	// Every node still has the dead secret: sessions go on, logins end with a clear 503.
	w.ResetCalls()
	each(t, "sessions survive the reset", known, 8, func(_ int, v *visitor) error { return v.arrives("/me?reset=1") })
	if went := w.Calls(wxsim.PathAuthorize); went != 0 {
		t.Errorf("rule: nobody who is logged in notices the reset; %d logins", went)
	}
	for i, n := range w.nodes {
		answer := late[i].at(t, n, http.MethodGet, late[i].begin(t, n, "/me"))
		answer.Body.Close()
		if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
			t.Errorf("rule: %s, whose secret is dead, answers a login with 503 and Retry-After; got %d", n.framework, answer.StatusCode)
		}
	}
	// A login that begins before its node has the new secret, and comes back after.
	callback := late[3].begin(t, w.nodes[0], "/me?late=1")

	crowd := w.click(t, known, 6, func(v *visitor, click int) error { return v.arrives(clicked(click)) })
	rolled := make(chan struct{})
	go func() {
		defer close(rolled)
		for _, n := range w.nodes {
			n.own = map[string]string{"WECHAT_APP_SECRET": renewed, "WECHAT_PREVIOUS_SECRETS": secret}
			n.stop()
			if err := n.launch(); err != nil || !n.ready() {
				t.Error("the node does not start again: ", err, n.log.String())
			}
		}
	}()
	each(t, "a login during the roll comes to its end: 503 until a node with the new secret answers, never stuck", fresh, 6,
		func(_ int, v *visitor) error { return v.persists("/me?fresh=1") })
	<-rolled
	crowd.awaitClicks(t, len(known))
	crowd.report(t, "sessions survive while nodes roll")

	back := late[3].at(t, w.nodes[1], http.MethodGet, callback)
	back.Body.Close()
	if back.StatusCode != http.StatusSeeOther || back.Header.Get("Location") != w.proxy.site+"/me?late=1" {
		t.Errorf("rule: a login that began with the old secret ends with the new one; got %d", back.StatusCode)
	}
	for _, v := range late[:3] {
		if err := v.persists("/me?again=1"); err != nil {
			t.Errorf("rule: who met the dead secret logs in afterwards; %v", err)
		}
	}
}
