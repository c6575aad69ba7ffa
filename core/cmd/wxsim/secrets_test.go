package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// looksLikeWeChats is made up here, in the form of WeChat's AppSecrets.
const looksLikeWeChats = "3f9c1e7ab2d8460597ce8d1f40b6a253"

func TestARealSecretStaysOnThisMachine(t *testing.T) {
	config := func(text string) string {
		name := filepath.Join(t.TempDir(), "wxsim.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	account := func(secret string) string { return `{"app_id":"wx1","secret":"` + secret + `","domain":"a.test"}` }
	platform := `{"accounts":[` + account("s") + `],"platforms":[{"app_id":"wx3","secret":"` + looksLikeWeChats + `","domain":"a.test","token":"abc","encoding_aes_key":"` + aesKey + `"}]}`
	for rule, tc := range map[string]struct {
		args    []string
		refused bool
	}{
		"a public address":                     {[]string{"-addr", "0.0.0.0:0", "-insecure-listen", "-app-secret", looksLikeWeChats}, true},
		"every address of the machine":         {[]string{"-addr", ":0", "-insecure-listen", "-app-secret", looksLikeWeChats}, true},
		"capital digits":                       {[]string{"-addr", "0.0.0.0:0", "-insecure-listen", "-app-secret", strings.ToUpper(looksLikeWeChats)}, true},
		"the secret of a file":                 {[]string{"-addr", "0.0.0.0:0", "-insecure-listen", "-config", config(`{"accounts":[` + account(looksLikeWeChats) + `]}`)}, true},
		"the secret of a platform":             {[]string{"-addr", "0.0.0.0:0", "-insecure-listen", "-config", config(platform)}, true},
		"https on a public address":            {[]string{"-addr", "127.0.0.1:0", "-tls", filepath.Join(t.TempDir(), "ca.pem"), "-tls-addr", "0.0.0.0:0", "-insecure-listen", "-app-secret", looksLikeWeChats}, true},
		"this machine alone":                   {[]string{"-addr", "127.0.0.1:0", "-app-secret", looksLikeWeChats}, false},
		"a made-up secret on a public address": {[]string{"-addr", "0.0.0.0:0", "-insecure-listen", "-app-secret", "made-up-secret"}, false},
		"the program's own secrets":            {[]string{"-addr", "0.0.0.0:0", "-insecure-listen"}, false},
	} {
		var stderr bytes.Buffer
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // ends a run that has begun
		status := run(ctx, tc.args, io.Discard, &stderr)
		if said := strings.Contains(stderr.String(), "looks like a real AppSecret"); said != tc.refused || (status != 0) != tc.refused {
			t.Errorf("rule: a secret that looks real is refused where other machines reach it, and nowhere else, %s; got status %d, %s", rule, status, &stderr)
		}
		if strings.Contains(strings.ToLower(stderr.String()), looksLikeWeChats) {
			t.Errorf("rule: the refusal does not show the secret, %s; got %s", rule, &stderr)
		}
	}
}

func TestWhatLooksLikeARealSecret(t *testing.T) {
	for secret, real := range map[string]bool{
		looksLikeWeChats:                   true,
		"":                                 false,
		"made-up-secret":                   false,
		looksLikeWeChats[1:]:               false,
		looksLikeWeChats + "0":             false,
		"0123456789abcdef0123456789abcdef": false,
		strings.Repeat("0", 32):            false,
		strings.Repeat("01234560", 4):      false,
		"g" + looksLikeWeChats[1:]:         false,
	} {
		if looksReal(secret) != real {
			t.Errorf("rule: 32 hex digits that neither repeat nor are few look real; %q: got %v", secret, !real)
		}
	}
}
