package wxapi

import (
	"crypto/sha1"
	"encoding/hex"
	"slices"
	"strings"
)

// PushSignature returns the signature of a pushed message ("message push"; for
// msg_signature "message encryption and decryption"): the SHA-1, in lower-case
// hex, of the sorted parts. token is the Token in the console's 服务器配置; with an
// empty one anybody could compute the signature. encrypted is the text of the
// element Encrypt for msg_signature, "" for signature.
//
// Before you compare, check that timestamp is 10 digits and nonce 1 to 32 letters and
// digits: SHA-1 lets a stranger extend a signed text that begins with the token.
// Compare it with [crypto/subtle.ConstantTimeCompare]. For msg_signature
// [PushKey.Open] does all of this.
func PushSignature(token, timestamp, nonce, encrypted string) string {
	parts := []string{token, timestamp, nonce, encrypted}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}
