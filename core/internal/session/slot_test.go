package session

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Every order in which the commands of renewals can reach the store, as for logouts.
func TestNoTwoRenewalsGetTheSameSlot(t *testing.T) {
	for _, c := range []struct{ renewals, slots int }{{2, 3}, {3, 1}} {
		crowd := &crowd{T: t}
		crowd.loggedInAt(oneApp)
		got := make([]string, c.renewals)
		for i := range c.renewals {
			crowd.sends(oneApp, func(s *Sessions, ctx context.Context, _ Stored, _ http.Header) {
				s.slots = c.slots
				got[i] = ""
				if in, ok, err := s.takeSlot(ctx, s.storeKey(crowd.token)); err == nil && ok {
					got[i] = in.name()
				}
			})
		}
		crowd.check = func(store *Memory) string {
			reader := nodeOn(t, store, oneApp)
			reader.slots = c.slots
			for i, one := range got {
				for _, two := range got[:i] {
					if one != "" && one == two {
						return "two have the slot " + one
					}
				}
			}
			for number := 1; number < c.slots; number++ {
				if _, taken, _ := reader.note(t.Context(), slotTaken, slot{crowd.token, number}.name()); !taken {
					continue
				}
				if _, taken, _ := reader.note(t.Context(), slotTaken, slot{crowd.token, number - 1}.name()); !taken {
					return fmt.Sprintf("slot %d is taken and the one before is not", number)
				}
			}
			return ""
		}
		if wrong := crowd.all(); wrong != "" {
			t.Errorf("rule: no two of %d renewals get the same slot of %d, and no slot is left out: %s", c.renewals, c.slots, wrong)
		}
		t.Logf("%d states", len(crowd.states))
	}
}

func TestASlotLivesAsLongAsThoseBehindIt(t *testing.T) {
	store := NewMemory()
	m := managerOn(store) // outside: scs.New starts a goroutine
	synctest.Test(t, func(t *testing.T) {
		s := sessionsOf(t, m)
		was := loggedIn(t, s, "record")
		renewedBy(t, s, was, "first")
		time.Sleep(noteLife - time.Second)
		late, err := s.Login(t.Context(), Stored{}, []byte("late"), false, cookies(s, was.Token), true)
		if err != nil || late.Gone {
			t.Fatal(late, err)
		}
		time.Sleep(noteLife - time.Second)
		logout(t, s, was)
		if got := read(t, s, late.Token); got != "" {
			t.Errorf("rule: a logout finds a renewal of the last ten minutes behind one that is forgotten: %q", got)
		}
	})
}

func TestNamesOfSlotsDiffer(t *testing.T) {
	names := map[string]bool{}
	for _, session := range []string{strings.Repeat("a", tokenDigits), strings.Repeat("a", tokenDigits-1) + "1"} {
		for number := range maxRenewals {
			names[slot{session, number}.name()] = true
		}
	}
	if len(names) != 2*maxRenewals {
		t.Errorf("rule: each slot of each session has a name of its own: %d names", len(names))
	}
}
