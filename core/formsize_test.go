package core

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAFormThatIsTooLongHasNoFields(t *testing.T) {
	for rule, c := range map[string]struct {
		size int
		want string
	}{"a form of 16 KiB is read": {maxForm, "1234"}, "a longer one is not": {maxForm + 1, ""}} {
		body := "number=1234&x="
		body += strings.Repeat("a", c.size-len(body))
		r := httptest.NewRequest("POST", "/wechat/screen", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		form, err := readForm(httptest.NewRecorder(), r)
		if got := form.Get("number"); err != nil || got != c.want {
			t.Errorf("rule: %s: %d bytes: %q %v", rule, len(body), got, err)
		}
	}
}

func TestAnAddressLongerThanAnyCallbackIsNone(t *testing.T) {
	seen := &recorder{}
	r := newRig(t, observed(seen))
	b, g := r.browser(), r.gate(ModeRequire)
	back := b.consent(b.get(g, "/me"))
	seen.forget()
	b.get(g, back+"&x="+strings.Repeat("a", 4096))
	if n := len(seen.all(LoginCallback)); n != 0 {
		t.Errorf("rule: the state of an address that is longer than any callback is not read: %v", seen.names())
	}
}
