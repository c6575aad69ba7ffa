package follow

import (
	"encoding/binary"
	"time"
)

// sighting is what is known about one person.
type sighting struct {
	follows bool
	unknown bool      // by an old message: WeChat is to be asked
	err     error     // from WeChat, which could not tell
	message bool      // by a message, not by a look-up
	at      time.Time // when WeChat was asked, or the message came
	told    int64     // when WeChat made the latest known message, Unix seconds; 0 for none
	until   time.Time // until when it is believed
}

// A sighting in the shared cache: a byte each for follows, unknown and message, then
// at and told.
const sightingBytes = 3 + 8 + 8

func (s sighting) encode() []byte {
	b := make([]byte, sightingBytes)
	for i, yes := range [...]bool{s.follows, s.unknown, s.message} {
		if yes {
			b[i] = 1
		}
	}
	binary.BigEndian.PutUint64(b[3:], uint64(s.at.UnixNano()))
	binary.BigEndian.PutUint64(b[11:], uint64(s.told))
	return b
}

// outdates says whether s is to be believed rather than a sighting that is noted later.
func (s sighting) outdates(later sighting) bool {
	if later.message {
		return s.told > later.told
	}
	return s.at.After(later.at)
}

func (s sighting) life() time.Duration {
	switch {
	case s.unknown:
		return 0
	case s.follows:
		return YesLife
	}
	return NoLife
}
