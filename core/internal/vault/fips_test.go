package vault

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Go's FIPS 140-only mode refuses short secrets and AES-GCM with nonces of one's own. It
// is the one place where keys cannot be made, so it shows that this is an error and not
// an empty key.
func TestKeysThatCannotBeMadeAreAnError(t *testing.T) {
	if secret := os.Getenv("VAULT_TEST_SECRET"); secret != "" {
		if key, err := Derive("wx", secret, "test"); (len(secret) < 14) != (err != nil) || (err == nil) != (len(key) == 32) {
			t.Errorf("rule: a key of 32 bytes or an error: %x, %v", key, err)
		}
		s, err := NewSeal("wx", secret, "test")
		if err == nil || !strings.HasPrefix(err.Error(), "wechat: derive keys: ") || s.secrets != nil {
			t.Errorf("rule: a seal without keys is an error: %v", err)
		}
		return
	}
	for _, secret := range []string{"short", "long enough for the mode, refused by AES-GCM"} {
		again := exec.Command(os.Args[0], "-test.run=^TestKeysThatCannotBeMadeAreAnError$")
		again.Env = append(os.Environ(), "GODEBUG=fips140=only", "VAULT_TEST_SECRET="+secret)
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("%q: %v\n%s", secret, err, out)
		}
	}
}
