package web

import (
	"slices"
	"strings"
	"testing"
)

// pairByPair is cookieValues the long way, one pair after the other.
func pairByPair(lines []string, name string) (values []string) {
	for _, line := range lines {
		for pair := range strings.SplitSeq(line, ";") {
			if value, ok := strings.CutPrefix(strings.TrimLeft(pair, " \t"), name+"="); ok && len(values) < MaxSameCookie {
				values = append(values, strings.TrimRight(value, " \t"))
			}
		}
	}
	return values
}

func TestCookiesAreFoundByTheirWholeName(t *testing.T) {
	for rule, lines := range map[string][]string{
		"the only one":                      {"s=1"},
		"among others, with and without":    {"a=1; s=2;b=3", " \ts=4\t "},
		"a longer name is another":          {"ss=1; s=2; s2=3"},
		"a name in a value is none":         {"a=s=1; b=x s=2; c=;s=3"},
		"a name without a value":            {"s; s=; s"},
		"the prefix and name of another":    {"__Host-s=1; s=2"},
		"no more of one name than are kept": {"s=1; s=2; s=3; s=4; s=5", "s=6"},
		"an equals sign in the value":       {"s=1=2; s==;s"},
		"nothing":                           {"", ";", " ; ;"},
	} {
		got := slices.Collect(CookieValues(with("Cookie", lines[0], "Cookie", lines[len(lines)-1]), "s"))
		if want := pairByPair([]string{lines[0], lines[len(lines)-1]}, "s"); !slices.Equal(got, want) {
			t.Errorf("rule: %s: %q, want %q", rule, got, want)
		}
	}
}
