package web

import (
	"strings"
	"testing"
)

func TestAVerificationFileIsOneOfWeChatsOrWeComs(t *testing.T) {
	const token = "0123456789abcDEF"
	for path, want := range map[string]bool{
		"/MP_verify_" + token + ".txt":      true,
		"/WW_verify_" + token + ".txt":      true,
		"/MP_verify_ZZZZZZZZZZzzzzzz.txt":   true,
		"/XX_verify_" + token + ".txt":      false, // another prefix
		"/mp_verify_" + token + ".txt":      false,
		"/MP-verify_" + token + ".txt":      false,
		"xMP_verify_" + token + ".txt":      false, // not at the root
		"/MP_verify_" + token + ".TXT":      false,
		"/MP_verify_" + token + ".htm":      false,
		"/MP_verify_" + token + "0.txt":     false, // one character more
		"/MP_verify_" + token[1:] + ".txt":  false,
		"/MP_verify_" + token[1:] + "-.txt": false,
		"/MP_verify_" + token[1:] + "_.txt": false,
		"/WW_verify_" + token[1:] + "/.txt": false,
		"/MP_verify_" + token[1:] + "..txt": false,
		"/MP_verify_" + token[1:] + " .txt": false,
		"/MP_verify_" + token[1:] + "%.txt": false,
		"/MP_verify_" + token[2:] + "é.txt": false,
		"/a/MP_verify_" + token + ".txt":    false,
		"":                                  false, "/": false, ".txt": false,
		strings.Repeat("/", 31): false,
	} {
		if got := IsVerificationFile(path); got != want {
			t.Errorf("rule: MP_verify_ or WW_verify_, 16 letters or digits and .txt, at the root: %q: %v", path, got)
		}
	}
}

func TestATargetBeginsWithASlash(t *testing.T) {
	for _, raw := range []string{"", "a", "?a=b", "*", "a/b", " /a", "\\/a", "http://a.example/b"} {
		if target, ok := ParseTarget(raw); ok || target != (Target{}) {
			t.Errorf("rule: a target begins with a slash: %q is read as %+v", raw, target)
		}
	}
}

func TestACarriedQueryThatIsAlteredIsDropped(t *testing.T) {
	for rule, value := range map[string]string{
		"a byte behind it": "YWI9Y2Q!", "a blank in it": "YWI9 Y2Q", "padding": "YWI9Yw==", "one digit too many": "YWI9Y", "base64 of another alphabet": "YWI/Y2Q+",
	} {
		if got := (Target{"/p", "_wx=" + value + "&code=C&state=S", true}).WithoutCallback().String(); got != "/p" {
			t.Errorf("rule: half of a query is never restored: %s: %s", rule, got)
		}
	}
}
