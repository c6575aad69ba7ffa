package wxsim

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestErrorsHaveWeChatsWords(t *testing.T) {
	raw, err := os.ReadFile("testdata/errcodes.tsv")
	if err != nil {
		t.Fatal(err)
	}
	known := map[int]bool{}
	for _, e := range errcodes() {
		known[e.code] = true
	}
	compared := 0
	for _, line := range strings.Split(string(raw), "\n") {
		columns := strings.Split(line, "\t")
		code, err := strconv.Atoi(columns[0])
		// Poll numbers, ok, and the mini-program code that is no OAuth error.
		if err != nil || code == 0 || code >= 400 && code <= 500 || code == 41030 {
			continue
		}
		if code >= 10000 && code < 11000 {
			if text := pageFailure(code, "").Text; code != 10038 && !strings.Contains(columns[1], text) && code != pageScope {
				t.Errorf("rule: page %d says %s; got %s", code, columns[1], text)
			}
			continue
		}
		if !known[code] {
			t.Errorf("rule: every code of the list can be answered; %d has no text", code)
			continue
		}
		words := columns[1]
		if strings.HasPrefix(words, "(") { // the list describes it, WeChat's words are unknown
			continue
		}
		compared++
		got := message(code)
		if code == codeIP { // the address differs
			got = "invalid ip 118.190.42.90 ipv6 ::ffff:118.190.42.90, not in whitelist"
		}
		if !strings.HasPrefix(words, got) {
			t.Errorf("rule: %d has WeChat's words, %q; got %q", code, words, got)
		}
	}
	if compared < 45 {
		t.Errorf("rule: the list is the whole one; compared %d", compared)
	}
	if got := message(12345); got != "error" {
		t.Errorf("rule: an unknown code says error; got %q", got)
	}
}
