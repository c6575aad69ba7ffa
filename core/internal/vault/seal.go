package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

// Seal encrypts and authenticates (AES-256-GCM) what belongs under one key. It is safe
// for concurrent use.
type Seal struct {
	secrets []sealer // the first closes, all of them open
}

// sealer is what the keys of one secret can do. These are functions, because fmt, gob
// and other users of reflection can print a struct's fields but not what a function
// holds.
type sealer struct {
	close func(key string, value []byte) []byte
	open  func(key string, sealed []byte) ([]byte, bool)
	name  func(text string) []byte // see Names
}

// NewSeal makes the seal for one purpose. Values that were sealed with one of the
// previous secrets are opened too, and nothing is sealed with those: this is for values
// that live for minutes, while an app secret is being replaced.
func NewSeal(appID, secret, purpose string, previous ...string) (Seal, error) {
	var s Seal
	for _, secret := range append([]string{secret}, previous...) {
		aead, err := newAEAD(appID, secret, purpose)
		if err != nil {
			return Seal{}, err
		}
		name, err := Derive(appID, secret, purpose+", names")
		if err != nil {
			return Seal{}, err
		}
		s.secrets = append(s.secrets, sealer{
			close: func(key string, value []byte) []byte { return closeWith(aead, key, value) },
			open:  func(key string, sealed []byte) ([]byte, bool) { return openWith(aead, key, sealed) },
			name: func(text string) []byte {
				mac := hmac.New(sha256.New, name)
				mac.Write([]byte(text))
				return mac.Sum(nil)
			},
		})
	}
	return s, nil
}

func newAEAD(appID, secret, purpose string) (cipher.AEAD, error) {
	key, err := Derive(appID, secret, purpose)
	if err != nil {
		return nil, err
	}
	block, _ := aes.NewCipher(key) // never fails for 32 bytes
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("wechat: derive keys: %w", err)
	}
	return aead, nil
}

// Close seals a value for its key.
func (s Seal) Close(key string, value []byte) []byte { return s.secrets[0].close(key, value) }

// Open returns the value that was sealed for key. ok is false for anything else.
func (s Seal) Open(key string, sealed []byte) (value []byte, ok bool) {
	for _, secret := range s.secrets {
		if value, ok := secret.open(key, sealed); ok {
			return value, true
		}
	}
	return nil, false
}

func closeWith(aead cipher.AEAD, key string, value []byte) []byte {
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(value)+aead.Overhead())
	rand.Read(nonce) // never fails: crypto/rand ends the process instead
	return aead.Seal(nonce, nonce, value, []byte(key))
}

func openWith(aead cipher.AEAD, key string, sealed []byte) (value []byte, ok bool) {
	n := aead.NonceSize()
	if len(sealed) < n {
		return nil, false
	}
	value, err := aead.Open(nil, sealed[:n], sealed[n:], []byte(key))
	return value, err == nil
}
