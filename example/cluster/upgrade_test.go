package main

import (
	"net/http"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// Records have two versions: those without core.Config.LogoutEverywhere, and those with
// it. Every node of this release reads both, and writes the second only where it is
// switched on. So nodes that have it and nodes that do not can run side by side.
func TestNodesOfTwoRecordVersionsSideBySide(t *testing.T) {
	users := many(100, 20)
	w := newWorld(t, options{people: 2 * users})
	all := w.visitors(t, 2*users)
	before, after := all[:users], all[users:]
	each(t, "everybody can log in", before, 8, func(_ int, v *visitor) error { return v.arrives("/me") })
	w.ResetCalls()
	crowd := w.click(t, before, 6, func(v *visitor, click int) error { return v.arrives(clicked(click)) })

	switchOn := func(n *process) {
		n.own = map[string]string{"LOGOUT_EVERYWHERE": "1"}
		n.stop()
		n.start(t)
		n.awaitReady(t)
	}
	switchOn(w.nodes[0])
	crowd.awaitClicks(t, users)
	// A person who ended all sessions before gets records of the new version.
	for i, v := range after {
		v.at(t, w.nodes[0], http.MethodGet, v.begin(t, w.nodes[0], "/me")).Body.Close()
		out := v.at(t, w.nodes[0], http.MethodPost, "/logout/everywhere")
		out.Body.Close()
		if out.StatusCode != http.StatusSeeOther {
			t.Fatalf("rule: a person can end all sessions; visitor %d got %d", i, out.StatusCode)
		}
		if got := v.seenAt(t, w.nodes[0], "/"); got != "" {
			t.Errorf("rule: all sessions of the person end; the node still shows %q", got)
		}
		v.at(t, w.nodes[0], http.MethodGet, v.begin(t, w.nodes[0], "/me")).Body.Close()
	}
	w.ResetCalls()
	for _, n := range w.nodes {
		each(t, "nodes without the setting keep what a node with it wrote, and the other way round", after, 4, func(_ int, v *visitor) error {
			return v.arrives("/me?mixed=1")
		})
		if n != w.nodes[0] {
			switchOn(n)
		}
	}
	crowd.awaitClicks(t, users)
	crowd.report(t, "a rolling upgrade is not noticed")
	each(t, "all nodes have the setting, and nobody has lost a session", all, 4, func(_ int, v *visitor) error { return v.arrives("/me?done=1") })
	if went := w.Calls(wxsim.PathAuthorize); went != 0 {
		t.Errorf("rule: nobody is sent to WeChat by a rolling upgrade; %d visits", went)
	}
}
