package vault

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// Derive makes the key for one purpose (HKDF-SHA-256, 32 bytes).
func Derive(appID, secret, purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), []byte(appID), "wechat login 1: "+purpose, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("wechat: derive keys: %w", err)
	}
	return key, nil
}

// keyDigits is the length of a session token: some stores take no longer key.
const keyDigits = 43

// Key returns the key that a value is kept under. It is a hash of its parts and shows
// none of them, because operators list keys. It begins with a dot, and no session token
// does: some keys can be computed by a stranger, and a session cookie that holds such a
// key must not reach the value in the same store.
func Key(parts ...string) string {
	sum := sha256.Sum256([]byte(joined(parts)))
	return keyText(sum[:])
}

// Names is what a value is kept under that lies among sessions: a [Key] that nobody can
// work out without the secret, so that no cookie can hold it. A value is written under
// the first name; it may lie under the others since before the secret was replaced.
func (s Seal) Names(parts ...string) []string {
	names := make([]string, len(s.secrets))
	for i, secret := range s.secrets {
		names[i] = keyText(secret.name(joined(parts)))
	}
	return names
}

func joined(parts []string) string { return strings.Join(parts, "\x00") }

func keyText(sum []byte) string {
	return "." + base64.RawURLEncoding.EncodeToString(sum)[:keyDigits-1]
}
