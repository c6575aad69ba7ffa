package wxsim

import (
	"net/url"
	"strings"
	"testing"
)

func TestTheSnapshotPageHasAWayOut(t *testing.T) {
	for rule, tc := range map[string]struct {
		always bool
		extra  string
		allow  string
		want   int
	}{
		"looking at it is a virtual account":                {true, "", "1", 1},
		"使用完整服务 is an ordinary login":                       {true, "", "full", 0},
		"forceSnapShot asks for it once":                    {false, "&forceSnapShot=true", "1", 1},
		"forceSnapShot has the way out as well":             {false, "&forceSnapShot=true", "full", 0},
		"without any of it the login is an ordinary one":    {false, "", "1", 0},
		"forceSnapShot=false changes nothing, as the other": {false, "&forceSnapShot=false", "1", 0},
	} {
		g := newRig(t)
		g.SetSnapshot("mei", tc.always)
		page := g.get(linkFor(callback, scopeUserInfo, "s1") + tc.extra).Body.String()
		if snapshot := tc.always || tc.extra == "&forceSnapShot=true"; strings.Contains(page, `id="full"`) != snapshot || strings.Contains(page, "当前仅可浏览部分内容") != snapshot {
			t.Errorf("rule: the snapshot page says what it is and has a way out; %s", rule)
		}
		w := g.post(PathAuthorizeReply, "allow="+tc.allow+"&person=mei&uuid="+consentUUID([]byte(page)))
		u, _ := url.Parse(w.Header().Get("Location"))
		if got := g.api(tokenURL(u.Query().Get("code"))); got.Snapshot != tc.want || (got.OpenID == g.OpenID(app, "mei")) != (tc.want == 0) {
			t.Errorf("rule: on the snapshot page %s; got %+v", rule, got)
		}
	}
}
