package proof

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
)

const (
	// ConsentLife is how long a form that asks for consent can be sent.
	ConsentLife = 120 * time.Second
	// DeviceLife is how long a device is remembered as the person's own.
	DeviceLife = 90 * 24 * time.Hour

	timeBytes  = 4
	macBytes   = 16
	proofBytes = timeBytes + macBytes
)

// Consent is the proof in the form that asks a phone's person for consent. It holds for
// one id, one browser, one person and [ConsentLife], so no other site can send the form,
// and it counts no more after the phone has changed its person.
func (k *ScreenKeys) Consent(id ScreenID, now time.Time, binding, openID string) string {
	return encodeProof(now, k.consentMAC(&k.signers[0], timeOf(now), id, binding, openID))
}

// VerifyConsent says whether a proof is one of [ScreenKeys.Consent] for the same values.
func (k *ScreenKeys) VerifyConsent(proof string, id ScreenID, now time.Time, binding, openID string) bool {
	made, mac, ok := decodeProof(proof)
	if !ok || binding == "" || !isWithin(made, now, ConsentLife) {
		return false
	}
	for i := range k.signers {
		if hmac.Equal(mac, k.consentMAC(&k.signers[i], timeOf(made), id, binding, openID)) {
			return true
		}
	}
	return false
}

func (k *ScreenKeys) consentMAC(s *screenSigner, made []byte, id ScreenID, binding, openID string) []byte {
	return s.consent(parts(append(made, id.raw[:]...), binding, openID))[:macBytes]
}

// DeviceCookieName is the name of the device cookie without a prefix.
func DeviceCookieName(tag string) string { return "wechat_device_" + tag }

// Device is the value of the device cookie: a browser in which a person has proved to be
// at the screen. It shows no person to anybody without the key.
func (k *ScreenKeys) Device(now time.Time, openID string, at web.Origin) string {
	return encodeProof(now, k.deviceMAC(timeOf(now), openID, at))
}

// IsDeviceOf says whether a device cookie is this person's. Only the present secret
// counts: a secret that has leaked must open no screen after it was replaced.
func (k *ScreenKeys) IsDeviceOf(cookie, openID string, now time.Time, at web.Origin) bool {
	made, mac, ok := decodeProof(cookie)
	return ok && openID != "" && isWithin(made, now, DeviceLife) && hmac.Equal(mac, k.deviceMAC(timeOf(made), openID, at))
}

func (k *ScreenKeys) deviceMAC(made []byte, openID string, at web.Origin) []byte {
	return k.signers[0].device(parts(made, openID, k.appID, at.Scheme, at.Host))[:macBytes]
}

func isWithin(made, now time.Time, life time.Duration) bool {
	age := now.Sub(made)
	return age <= life && age >= -ClockSkew
}

func timeOf(t time.Time) []byte {
	return binary.BigEndian.AppendUint32(make([]byte, 0, timeBytes+stateBytes), uint32(t.Unix()))
}

func encodeProof(made time.Time, mac []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(timeOf(made), mac...))
}

func decodeProof(text string) (made time.Time, mac []byte, ok bool) {
	if len(text) != base64.RawURLEncoding.EncodedLen(proofBytes) {
		return time.Time{}, nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != proofBytes {
		return time.Time{}, nil, false
	}
	return time.Unix(int64(binary.BigEndian.Uint32(b)), 0), b[timeBytes:], true
}
