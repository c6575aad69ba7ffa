package wxapi

import (
	"crypto/sha1"
	"encoding/hex"
	"slices"
	"strings"
)

// PushSignature is what WeChat signs a message push with ("message push", and
// "message encryption and decryption" for msg_signature): the SHA-1, in
// lower-case hex, of the sorted parts. token is the Token of the console's
// 服务器配置; an empty one makes a signature that everybody can compute.
// encrypted is the text of the element Encrypt for msg_signature, "" for
// signature.
//
// Compare it with [crypto/subtle.ConstantTimeCompare]; [PushKey.Open] does all
// of it for msg_signature.
func PushSignature(token, timestamp, nonce, encrypted string) string {
	parts := []string{token, timestamp, nonce, encrypted}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}
