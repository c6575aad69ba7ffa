package core

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// state names what the model knows at a moment, with people by their role and times by
// their age. It only counts: conversations are never merged by it.
func (c *conversation) state() string {
	var s strings.Builder
	role := map[string]int{"": 0, c.people[0]: 1, c.people[1]: 2}
	for _, a := range []*actor{c.a, c.b, c.desk} {
		names := slices.Sorted(maps.Keys(a.cookies))
		fmt.Fprintf(&s, "%d as %d, cookies %q, %d recent", role[a.openID], role[a.user()], names, a.binding().RecentLogins(time.Now(), ""))
		if a.pending != "" {
			fmt.Fprintf(&s, ", at WeChat %v own %v", time.Since(a.since), a.ownState(a.pending))
		}
		if a.returned != "" {
			_, code, _ := strings.Cut(a.returned, "code=")
			fmt.Fprintf(&s, ", returned own %v spent %v", a.ownState(a.returned), c.site.wechat.codes[code[:32]] == "")
		}
		s.WriteString("; ")
	}
	fmt.Fprintf(&s, "code %v, allowed by %d", c.code != "", role[c.allowed])
	if c.allowed != "" {
		fmt.Fprintf(&s, " %v ago", time.Since(c.answered))
	}
	return s.String()
}
