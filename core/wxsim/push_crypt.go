package wxsim

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// padTo is the block size of the padding. It is 32, not AES's 16.
const padTo = 32

// sign signs what is pushed: SHA-1 of the parts, sorted by bytes and joined
// (消息加解密说明).
func sign(parts ...string) string {
	sorted := slices.Sorted(slices.Values(parts))
	sum := sha1.Sum([]byte(strings.Join(sorted, "")))
	return hex.EncodeToString(sum[:])
}

// seal encrypts a message: 16 random bytes, its length, itself, the AppID,
// padding; AES-256-CBC, the vector being the key's first half.
func seal(key []byte, random string, message []byte, appID string) string {
	plain := append([]byte(random), 0, 0, 0, 0)
	binary.BigEndian.PutUint32(plain[16:], uint32(len(message)))
	plain = append(append(plain, message...), appID...)
	pad := padTo - len(plain)%padTo
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("wxsim: " + err.Error()) // newPushAddress has checked the key
	}
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

// unseal is seal's opposite. Its errors say what is wrong. A real receiver must
// not tell that to a sender; the simulator tells it to the developer.
func unseal(key []byte, sealed string) (message []byte, appID string, err error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) == 0 || len(raw)%padTo != 0 {
		return nil, "", errors.New("what is encrypted is not base64 of whole blocks of 32 bytes")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("wxsim: " + err.Error())
	}
	cipher.NewCBCDecrypter(block, key[:16]).CryptBlocks(raw, raw)
	pad := int(raw[len(raw)-1])
	if pad < 1 || pad > padTo || !bytes.Equal(raw[len(raw)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, "", errors.New("what is encrypted does not end in padding to 32 bytes, or is of another key")
	}
	raw = raw[:len(raw)-pad]
	if len(raw) < 20 || uint64(binary.BigEndian.Uint32(raw[16:])) > uint64(len(raw)-20) {
		return nil, "", errors.New("what is encrypted is shorter than the length in it")
	}
	n := 20 + int(binary.BigEndian.Uint32(raw[16:]))
	return raw[20:n], string(raw[n:]), nil
}

// aesKey reads an EncodingAESKey.
func aesKey(encoded string) ([]byte, bool) {
	key, err := base64.StdEncoding.DecodeString(encoded + "=")
	return key, err == nil && len(encoded) == 43 && strings.Trim(encoded, letters) == ""
}
