package page

import (
	"net/url"
	"strings"
	"testing"
)

func TestAnAddressEndsNoAttribute(t *testing.T) {
	for _, c := range []struct{ rule, in, want string }{
		{"a plain address stays as it is", "https://x.example/a?b=1&c=%22#d", "https://x.example/a?b=1&c=%22#d"},
		{"markup", `https://x.example/"><script>`, "https://x.example/%22%3E%3Cscript%3E"},
		{"an attribute in single quotes", "https://x.example/'onload='", "https://x.example/%27onload=%27"},
		{"an attribute in backquotes", "https://x.example/`", "https://x.example/%60"},
		{"an attribute without quotes", "https://x.example/ onload=1\tx\n", "https://x.example/%20onload=1%09x%0A"},
		{"control bytes", "https://x.example/\x00\x1f\x7f", "https://x.example/%00%1F%7F"},
		{"another language", "https://x.example/你", "https://x.example/%E4%BD%A0"},
		{"what is no UTF-8", "https://x.example/\xff\xc0", "https://x.example/%FF%C0"},
		{"a picture in place", "data:image/svg+xml,<svg fill='red'/>", "data:image/svg+xml,%3Csvg%20fill=%27red%27/%3E"},
		{"nothing", "", ""},
	} {
		if got := Address(c.in); got != c.want {
			t.Errorf("rule: %s: %s, want %s", c.rule, got, c.want)
		}
	}
	for c := range 256 {
		in := "/" + string([]byte{byte(c)}) + "x"
		got := Address(in)
		if strings.ContainsAny(got, "\"'<>` \t\r\n") || Address(got) != got {
			t.Errorf("rule: no byte ends an attribute, and what is safe stays as it is: %q", got)
		}
		if back, err := url.PathUnescape(got); c != '%' && (err != nil || back != in) {
			t.Errorf("rule: the address leads to the same place: %q", got)
		}
	}
}
