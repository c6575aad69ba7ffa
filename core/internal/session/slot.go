package session

import (
	"context"
	"crypto/rand"
	"hash/maphash"
	"strconv"
	"sync"
)

// maxRenewals is how often one token may be renewed while it is remembered. Two nodes that
// renew a token in the same moment may use up one more.
const maxRenewals = 16

// slot is a place in the store for the note of one renewal of a session. A session has
// maxRenewals slots, because a store can neither list nor change a value atomically: in one
// list for all renewals, two nodes would overwrite each other's entries.
type slot struct {
	session string // its store key
	number  int
}

// name is unique, because all store keys have the same length.
func (s slot) name() string { return s.session + strconv.Itoa(s.number) }

// takeSlot takes a slot for a renewal of the session with a store key. ok is false where
// none is left. It holds, over all nodes:
//
//   - No two renewals get the same slot. To get it, a renewal writes itself into the slot,
//     finds the slot not taken, takes it, and still finds itself. Of two that do so, let A
//     be the one that wrote itself first. A finds itself before B overwrites it. A took the
//     slot before that, and B looks afterwards whether the slot is taken.
//   - Slots are taken in their order. A renewal goes on to the next slot after the one
//     before it is taken, so behind a slot that is not taken there is no renewal.
//
// A slot that is taken is taken again on the way to the next one, so that it lives as long
// as those behind it.
func (s *Sessions) takeSlot(ctx context.Context, session string) (got slot, ok bool, err error) {
	lock := s.renewing.of(session)
	lock.Lock()
	defer lock.Unlock()
	self := rand.Text()
	for number := range s.slots {
		got := slot{session, number}
		name := got.name()
		if err := s.putNote(ctx, slotWanted, name, self); err != nil {
			return slot{}, false, err
		}
		_, taken, err := s.note(ctx, slotTaken, name)
		if err != nil {
			return slot{}, false, err
		}
		if err := s.putNote(ctx, slotTaken, name, ""); err != nil {
			return slot{}, false, err
		}
		if taken {
			continue
		}
		last, _, err := s.note(ctx, slotWanted, name)
		if err != nil {
			return slot{}, false, err
		}
		if last == self {
			return got, true, nil
		}
	}
	return slot{}, false, nil
}

// putRenewal notes in a slot which session came of the slot's. to is its store key.
func (s *Sessions) putRenewal(ctx context.Context, in slot, to string) error {
	return s.putNote(ctx, renewedAs, in.name(), to)
}

// stripes serialise the renewals of one token in this process, so that they use up no more
// slots than they need. It is safe for concurrent use.
type stripes struct {
	seed  maphash.Seed
	locks [64]sync.Mutex
}

func (s *stripes) of(key string) *sync.Mutex {
	return &s.locks[maphash.String(s.seed, key)%uint64(len(s.locks))]
}
