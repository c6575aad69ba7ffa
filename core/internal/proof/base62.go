package proof

import "encoding/binary"

// stateDigits is how many base62 digits hold stateBytes bytes.
const stateDigits = 53

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// The number is held as ten 32-bit limbs, the most significant first. Five digits are
// written at a time (62^5 < 2^32), which takes eleven passes instead of fifty-three.
const (
	limbs      = 10
	fiveDigits = 62 * 62 * 62 * 62 * 62
)

// encodeBase62 writes the bytes as one number of 53 digits.
func encodeBase62(b [stateBytes]byte) string {
	var padded [limbs * 4]byte
	copy(padded[1:], b[:])
	var n [limbs]uint32
	for i := range n {
		n[i] = binary.BigEndian.Uint32(padded[i*4:])
	}
	var out [stateDigits]byte
	for end := stateDigits; end > 0; end -= 5 {
		var rest uint64
		for i := range n {
			rest = rest<<32 | uint64(n[i])
			n[i], rest = uint32(rest/fiveDigits), rest%fiveDigits
		}
		for i := end - 1; i >= 0 && i >= end-5; i-- {
			out[i], rest = base62[rest%62], rest/62
		}
	}
	return string(out[:])
}

// decodeBase62 accepts exactly the texts that encodeBase62 writes. Each value has one
// text.
func decodeBase62(s string) (b [stateBytes]byte, ok bool) {
	if len(s) != stateDigits {
		return b, false
	}
	var n [limbs]uint32
	for i := range stateDigits {
		carry, ok := digit(s[i])
		if !ok {
			return b, false
		}
		for j := limbs - 1; j >= 0; j-- {
			v := uint64(n[j])*62 + carry
			n[j], carry = uint32(v), v>>32
		}
		// 62^53 < 2^320: nothing is ever carried out of the first limb.
	}
	var padded [limbs * 4]byte
	for i, limb := range n {
		binary.BigEndian.PutUint32(padded[i*4:], limb)
	}
	copy(b[:], padded[1:])
	return b, padded[0] == 0
}

func digit(c byte) (uint64, bool) {
	switch {
	case '0' <= c && c <= '9':
		return uint64(c - '0'), true
	case 'A' <= c && c <= 'Z':
		return uint64(c-'A') + 10, true
	case 'a' <= c && c <= 'z':
		return uint64(c-'a') + 36, true
	}
	return 0, false
}
