package proof

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// flowBytes is how much of a hash names a login: as much as the nonce has.
const flowBytes = stateNonceEnd - stateNonce

// Flow names the login that a state belongs to, for logs and events, on every node
// alike. It is a hash of the nonce, so that no part of the state is in it. It is "" for
// a state that is not ours.
func (s State) Flow() string {
	if s.Shape != OwnState {
		return ""
	}
	return flow(&s.raw)
}

// FlowOf is Flow of a state that NewState has just made.
func FlowOf(state string) string {
	b, ok := decodeBase62(state)
	if !ok {
		return ""
	}
	return flow(&b)
}

func flow(b *[stateBytes]byte) string {
	sum := sha256.Sum256(append([]byte("wechat login flow"), b[stateNonce:stateNonceEnd]...))
	return hex.EncodeToString(sum[:flowBytes])
}

// userHashBytes makes two people of one account with the same hash unlikely, however
// many there are.
const userHashBytes = 16

// UserHash names a person without saying who. Without the app secret no one can tell
// whether a hash belongs to an open id.
func (k *Keys) UserHash(openID string) string {
	if openID == "" {
		return ""
	}
	return hex.EncodeToString(k.users([]byte(openID))[:userHashBytes])
}

func newUsers(appID, secret string) (mac, error) {
	key, err := vault.Derive(appID, secret, "user hash")
	if err != nil {
		return nil, err
	}
	return newMAC(key), nil
}
