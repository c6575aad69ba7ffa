package core

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAFormThatIsTooLongIsRefused(t *testing.T) {
	r := newScreenRig(t)
	for rule, c := range map[string]struct {
		size   int
		refuse bool
	}{"a form of 16 KiB is read": {maxForm, false}, "a longer one is refused with 413": {maxForm + 1, true}} {
		body := "number=1234&x="
		body += strings.Repeat("a", c.size-len(body))
		request := httptest.NewRequest("POST", defaultScreenPath, strings.NewReader(body))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		r.auth.Screens().ServeHTTP(w, request)
		if (w.Code == 413) != c.refuse {
			t.Errorf("rule: %s: %d bytes: %d", rule, len(body), w.Code)
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
