// Package vault keeps secrets in a store that others can read: sealed with a key
// made from the app secret, so that every node with that secret has the same one.
package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Derive makes the key for one purpose (HKDF-SHA-256, 32 bytes).
func Derive(appID, secret, purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), []byte(appID), "wechat login 1: "+purpose, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("wechat: derive keys: %w", err)
	}
	return key, nil
}

// keyDigits is the length of a session's token: some stores take no longer key.
const keyDigits = 43

// Key is what a value is kept under: nothing in the clear, since operators list
// keys. It begins with a dot, which no session's token does: anybody can work out
// some keys, and a cookie that names one must not reach a value where sessions lie in
// the same store.
func Key(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "." + base64.RawURLEncoding.EncodeToString(sum[:])[:keyDigits-1]
}

// Seal encrypts and authenticates (AES-256-GCM) what belongs under one key.
type Seal struct{ aead cipher.AEAD }

// NewSeal makes the seal for one purpose.
func NewSeal(appID, secret, purpose string) (Seal, error) {
	key, err := Derive(appID, secret, purpose)
	if err != nil {
		return Seal{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return Seal{}, fmt.Errorf("wechat: derive keys: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return Seal{}, fmt.Errorf("wechat: derive keys: %w", err)
	}
	return Seal{aead}, nil
}

// Close seals a value for its key.
func (s Seal) Close(key string, value []byte) []byte {
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(value)+s.aead.Overhead())
	rand.Read(nonce) // never fails: crypto/rand ends the process instead
	return s.aead.Seal(nonce, nonce, value, []byte(key))
}

// Open is false for what was not sealed with this key's seal.
func (s Seal) Open(key string, sealed []byte) (value []byte, ok bool) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, false
	}
	value, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(key))
	return value, err == nil
}

// Vault is a shared store behind a seal.
type Vault struct {
	store scs.Store
	seal  Seal
}

// New returns a vault in store; nil for no store.
func New(store scs.Store, seal Seal) *Vault {
	if store == nil {
		return nil
	}
	return &Vault{store, seal}
}

// Get returns what is kept under key. An error means that the store cannot tell;
// what cannot be opened is not there.
func (v *Vault) Get(ctx context.Context, key string) (value []byte, found bool, err error) {
	sealed, found, err := Find(ctx, v.store, key)
	if err != nil || !found {
		return nil, false, err
	}
	value, ok := v.seal.Open(key, sealed)
	return value, ok, nil
}

// Put keeps value under key until it expires.
func (v *Vault) Put(ctx context.Context, key string, value []byte, expires time.Time) error {
	return Commit(ctx, v.store, key, v.seal.Close(key, value), expires)
}

// Delete takes key away.
func (v *Vault) Delete(ctx context.Context, key string) error { return Remove(ctx, v.store, key) }
