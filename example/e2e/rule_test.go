package e2e

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// is states a rule and says when it is broken.
func is[T comparable](t *testing.T, rule string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("rule: %s; got %v, want %v", rule, got, want)
	}
}

// went holds the window's way since the last call against the expected one.
func (v *visitor) went(t *testing.T, want ...string) {
	t.Helper()
	got := v.logWay(t)
	if !slices.Equal(got, want) {
		t.Errorf("rule: nothing but these requests; want\n\t%s", strings.Join(want, "\n\t"))
	}
}

// logWay shows it in the test's log.
func (v *visitor) logWay(t *testing.T) []string {
	t.Helper()
	way := v.trail.take()
	t.Logf("went\n\t%s", strings.Join(way, "\n\t"))
	return way
}

// authorize is the link to WeChat, as documented down to the order of its
// parameters.
func authorize(back, scope string) string {
	return "wechat/connect/oauth2/authorize?appid=" + appID + "&redirect_uri=site" + url.QueryEscape(back) +
		"&response_type=code&scope=" + scope + "&state=…#wechat_redirect"
}
