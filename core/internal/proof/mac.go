package proof

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
)

// mac is HMAC-SHA-256 with its key taken in once. It returns the MAC of text, and
// overwrites text. It is a function because fmt, gob and other users of reflection can
// print a struct's fields but not what a function holds.
type mac func(text []byte) []byte

// newMAC keeps a hash that has read the key already. A clone of it costs half of what
// hmac.New costs, in allocations and in time; every start of a login makes two
// (BenchmarkRedirect).
func newMAC(key []byte) mac {
	return macFrom(hmac.New(sha256.New, key), key)
}

// macFrom never writes to keyed, so that clones may be made at any time.
func macFrom(keyed hash.Hash, key []byte) mac {
	keyed.Reset() // reads the key, so that clones do not have to
	return func(text []byte) []byte {
		h := fresh(keyed)
		if h == nil {
			h = hmac.New(sha256.New, key)
		}
		h.Write(text)
		return h.Sum(text[:0])
	}
}

// fresh is a clone of keyed; nil where hashes cannot be cloned, as with
// GOFIPS140=v1.0.0.
func fresh(keyed hash.Hash) hash.Hash {
	if cloner, ok := keyed.(hash.Cloner); ok {
		if h, err := cloner.Clone(); err == nil {
			return h
		}
	}
	return nil
}
