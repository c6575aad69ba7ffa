package wxapi

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// ErrPush is a pushed message that WeChat did not make for this account: its
// signature, alphabet, length, padding or app id is wrong. The error does not say
// which: with AES-CBC, such answers would let an attacker decrypt messages.
var ErrPush = errors.New("wechat: the push is not one of WeChat's for this account")

// The padding fills blocks of 32 bytes (two of AES), so its bytes are 1 to 32.
const (
	pushBlock  = 32
	pushRandom = 16
	pushHeader = pushRandom + 4
)

// PushKey encrypts and decrypts pushed messages in the console's 安全模式
// ("message encryption and decryption"). It prints as *** and refuses
// encoding/gob.
type PushKey struct {
	appID string

	// Functions, because reflection can print a block or a slice but not what a
	// function holds.
	decrypter, encrypter func() cipher.BlockMode
}

// NewPushKey takes the EncodingAESKey in the console's 服务器配置, 43 characters. The
// last two bits of the last character have no meaning. The console sets them at
// random, so they are ignored.
func NewPushKey(appID, encodingAESKey string) (*PushKey, error) {
	if !credentialShape.MatchString(appID) {
		return nil, errors.New("wechat: AppID is missing or not one of WeChat's")
	}
	key, err := base64.StdEncoding.DecodeString(encodingAESKey + "=")
	if err != nil || len(encodingAESKey) != 43 {
		return nil, errors.New("wechat: EncodingAESKey is not 43 letters and digits (a line end?)")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("wechat: EncodingAESKey: %w", err)
	}
	iv := key[:aes.BlockSize]
	return &PushKey{
		appID:     appID,
		decrypter: func() cipher.BlockMode { return cipher.NewCBCDecrypter(block, iv) },
		encrypter: func() cipher.BlockMode { return cipher.NewCBCEncrypter(block, iv) },
	}, nil
}

// Open checks msg_signature and decrypts a pushed message. Any failure is
// [ErrPush]. So is an empty token, with which anybody could sign. Open checks
// neither the timestamp nor whether the message came before.
func (k *PushKey) Open(token, signature, timestamp, nonce, encrypted string) ([]byte, error) {
	want := PushSignature(token, timestamp, nonce, encrypted)
	if token == "" || subtle.ConstantTimeCompare([]byte(want), []byte(signature)) != 1 {
		return nil, ErrPush
	}
	return k.Decrypt(encrypted)
}

// Decrypt returns the message inside the text of an element Encrypt, or
// [ErrPush]. It checks everything that the format allows, but that does not prove
// the origin: with AES-CBC an attacker can change a message without the key. Only
// msg_signature proves it, see [PushKey.Open].
func (k *PushKey) Decrypt(encrypted string) ([]byte, error) {
	// Strict, and without the line ends that Go would skip: one message has only
	// one encoding.
	if strings.ContainsAny(encrypted, "\r\n") {
		return nil, ErrPush
	}
	plain, err := base64.StdEncoding.Strict().DecodeString(encrypted)
	if err != nil || len(plain) == 0 || len(plain)%pushBlock != 0 {
		return nil, ErrPush
	}
	k.decrypter().CryptBlocks(plain, plain)
	return k.unpack(plain)
}

// unpack splits the plain text: 16 random bytes, 4 bytes of length, the message,
// the app id, the padding. It checks everything before it decides, so that its
// running time does not show what was wrong.
func (k *PushKey) unpack(plain []byte) ([]byte, error) {
	most := min(pushBlock, len(plain)-pushHeader-len(k.appID))
	if most < 1 {
		return nil, ErrPush // too short for any message, which the sender knows anyway
	}
	last := plain[len(plain)-pushBlock:]
	pad := int(last[pushBlock-1])
	good := subtle.ConstantTimeLessOrEq(1, pad) & subtle.ConstantTimeLessOrEq(pad, most)
	for i, b := range last {
		inPad := subtle.ConstantTimeLessOrEq(pushBlock, i+pad)
		good &= 1 ^ inPad | subtle.ConstantTimeByteEq(b, byte(pad))
	}
	// The padding alone decides where the app id begins. Then only one length of
	// the message is right.
	end := len(plain) - subtle.ConstantTimeSelect(good, pad, most)
	start := end - len(k.appID)
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(start-pushHeader))
	good &= subtle.ConstantTimeCompare(plain[start:end], []byte(k.appID))
	good &= subtle.ConstantTimeCompare(plain[pushRandom:pushHeader], length[:])
	if good != 1 {
		return nil, ErrPush
	}
	return plain[pushHeader:start:start], nil
}

// Encrypt returns message as the text of an element Encrypt. It puts 16 random
// bytes in front, so no two texts are the same. Sign it with [PushSignature].
func (k *PushKey) Encrypt(message []byte) string {
	var random [pushRandom]byte
	rand.Read(random[:]) // never fails: crypto/rand ends the process instead
	return k.encryptWith(random, message)
}

func (k *PushKey) encryptWith(random [pushRandom]byte, message []byte) string {
	plain := append(make([]byte, 0, pushHeader+len(message)+len(k.appID)+pushBlock), random[:]...)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(message)))
	plain = append(append(plain, message...), k.appID...)
	pad := pushBlock - len(plain)%pushBlock
	for range pad {
		plain = append(plain, byte(pad))
	}
	k.encrypter().CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

// String returns the app id, with *** for the key.
func (k PushKey) String() string { return fmt.Sprintf("wxapi.PushKey{AppID: %q, Key: ***}", k.appID) }

// GoString returns String.
func (k PushKey) GoString() string { return k.String() }

// Format writes String for every verb.
func (k PushKey) Format(s fmt.State, verb rune) { format(s, verb, k.String()) }

// LogValue returns String.
func (k PushKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON writes String.
func (k PushKey) MarshalJSON() ([]byte, error) { return json.Marshal(k.String()) }

// GobEncode always fails: gob would write no key, and reading it back would give a
// PushKey that does not work.
func (k PushKey) GobEncode() ([]byte, error) {
	return nil, errors.New("wechat: a PushKey cannot be stored")
}
