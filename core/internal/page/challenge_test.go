package page

import (
	"strings"
	"testing"
)

func TestAChallengeNamesTheLoginURLAndNothingElse(t *testing.T) {
	for _, c := range []struct{ rule, url, want string }{
		{"an ordinary address", "https://app.example.com/me?x=1&y=2", `WeChat login_url="https://app.example.com/me?x=1&y=2"`},
		{"a quote cannot end the value", `https://app.example.com/", Basic realm="x`, `WeChat login_url="https://app.example.com/%22,%20Basic%20realm=%22x"`},
		{"a backslash cannot escape the end", `https://app.example.com/me\`, `WeChat login_url="https://app.example.com/me\\"`},
		{"two backslashes are two", `https://app.example.com/\\`, `WeChat login_url="https://app.example.com/\\\\"`},
		{"a line end begins no header", "https://app.example.com/\r\nSet-Cookie: a=b", `WeChat login_url="https://app.example.com/%0D%0ASet-Cookie:%20a=b"`},
		{"another language", "https://app.example.com/你", `WeChat login_url="https://app.example.com/%E4%BD%A0"`},
		{"what is no UTF-8", "https://app.example.com/\xff", `WeChat login_url="https://app.example.com/%FF"`},
		{"a comma begins no second challenge", "https://app.example.com/a, Basic", `WeChat login_url="https://app.example.com/a,%20Basic"`},
		{"the longest address", "https://x/" + strings.Repeat("a", maxChallenge-10), `WeChat login_url="https://x/` + strings.Repeat("a", maxChallenge-10) + `"`},
		{"a longer address is left out", "https://x/" + strings.Repeat("a", maxChallenge-9), "WeChat"},
		{"an address that grows too long is left out", "https://x/" + strings.Repeat(`\`, maxChallenge-10), "WeChat"},
		{"a megabyte is left out", "https://x/" + strings.Repeat(`"`, 1<<20), "WeChat"},
	} {
		got, url := Challenge(ChallengeStart + c.url + ChallengeEnd)
		if got != c.want || url != c.url {
			t.Errorf("rule: %s: %.200s, want %.200s", c.rule, got, c.want)
		}
	}
	for c := range 256 {
		got, _ := Challenge(ChallengeStart + "/" + string([]byte{byte(c)}) + "x" + ChallengeEnd)
		inside := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(got, ChallengeStart), ChallengeEnd), `\\`, "")
		for _, b := range []byte(inside) {
			if b < 0x20 || b >= 0x7f || b == '"' || b == '\\' {
				t.Errorf("rule: what stands between the quotes is a quoted-string: %q", got)
			}
		}
	}
}
