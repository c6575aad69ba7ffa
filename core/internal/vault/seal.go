package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
)

// Seal encrypts and authenticates (AES-256-GCM) what belongs under one key. It is safe
// for concurrent use.
type Seal struct {
	aeads []cipher.AEAD // the first closes, all of them open
	names [][]byte      // see Names; as many as aeads
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
		s.aeads, s.names = append(s.aeads, aead), append(s.names, name)
	}
	return s, nil
}

func newAEAD(appID, secret, purpose string) (cipher.AEAD, error) {
	key, err := Derive(appID, secret, purpose)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("wechat: derive keys: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("wechat: derive keys: %w", err)
	}
	return aead, nil
}

// Close seals a value for its key.
func (s Seal) Close(key string, value []byte) []byte {
	aead := s.aeads[0]
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(value)+aead.Overhead())
	rand.Read(nonce) // never fails: crypto/rand ends the process instead
	return aead.Seal(nonce, nonce, value, []byte(key))
}

// Open returns the value that was sealed for key. ok is false for anything else.
func (s Seal) Open(key string, sealed []byte) (value []byte, ok bool) {
	for _, aead := range s.aeads {
		n := aead.NonceSize()
		if len(sealed) < n {
			return nil, false
		}
		if value, err := aead.Open(nil, sealed[:n], sealed[n:], []byte(key)); err == nil {
			return value, true
		}
	}
	return nil, false
}
