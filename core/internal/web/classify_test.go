package web

import (
	"strings"
	"testing"
)

// Every user agent that was seen is inside WeChat, its mini programs' web views
// among them, or outside, as WeCom is.
func TestUserAgentsAreClassified(t *testing.T) {
	rows := linesOf(t, "testdata/useragents.tsv")[1:]
	seen := map[string]int{}
	for _, row := range rows {
		fields := strings.Split(row, "\t")
		if len(fields) != 3 {
			t.Fatalf("%q has %d fields", row, len(fields))
		}
		var want Client
		switch fields[1] {
		case "wechat", "wechat-miniprogram":
			want = InsideWeChat
		case "wecom", "other":
			want = OutsideWeChat
		default:
			t.Fatalf("%q is no client that is known", fields[1])
		}
		seen[fields[1]]++
		for _, ua := range []string{fields[2], strings.ToLower(fields[2]), strings.ToUpper(fields[2])} {
			if got := ClientOf(ua); got != want {
				t.Errorf("%s (%s) is classified as %d, want %d: %s", fields[0], fields[1], got, want, ua)
			}
		}
	}
	t.Logf("%d user agents: %v", len(rows), seen)
	if seen["wechat"] == 0 || seen["wechat-miniprogram"] == 0 || seen["wecom"] == 0 || seen["other"] == 0 {
		t.Errorf("not every client is there: %v", seen)
	}
}
