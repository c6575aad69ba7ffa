package screen

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"math/big"
	"strconv"

	"github.com/patrickmn/go-cache"
)

const (
	// Digits is how many digits the phone shows.
	Digits = 4
	// MaxWrong is how many wrong numbers end a code: on each node where the store cannot
	// claim, else in all.
	MaxWrong = 3
)

// newNumber draws the digits that the phone shows.
func newNumber() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(10_000)) // never fails: crypto/rand ends the process instead
	return fmt.Sprintf("%0*d", Digits, n)
}

// Spend gives out an answer, and ends it. It takes the number that the phone shows; a
// device that is known to be the person's own needs none (Trusted). ok is false for a
// wrong number, which is counted, and for a code that has no answer. The returned note
// says why.
//
// A number is counted before it is compared, under the code's lock. So at most MaxWrong
// wrong numbers are compared by each node, whatever comes at once, and by all nodes
// together where the store is a Claimer.
func (c *Codes) Spend(ctx context.Context, name, number string, trusted bool) (given Note, ok bool, err error) {
	defer c.lock(name)()
	n, err := c.Look(ctx, name)
	if err != nil || n.State != Allowed {
		return n, false, err
	}
	if !trusted {
		if n, ok, err = c.try(ctx, name, number, n); err != nil || !ok {
			return n, false, err
		}
	}
	// Written before anything is given out: what cannot be ended is not given out.
	claimed, err := c.claim(ctx, "screen spent", name, AnswerLife)
	if err == nil {
		err = c.put(ctx, name, n.over(Spent, n.until))
	}
	if err != nil || !claimed {
		return n.over(Spent, n.until), false, err
	}
	return n, true, nil
}

// try compares a number, if there is a try left.
func (c *Codes) try(ctx context.Context, name, number string, n Note) (Note, bool, error) {
	here := c.wrongHere(name)
	wrong := max(here, n.Wrong)
	left := wrong < MaxWrong
	if left {
		slot, err := c.claim(ctx, "screen try "+strconv.Itoa(wrong), name, AnswerLife)
		if err != nil {
			return n, false, err
		}
		if left = slot; !left {
			// Another node has this try. The note will say so in a moment; until then the
			// screen asks again.
			return n, false, nil
		}
	}
	if left {
		if subtle.ConstantTimeCompare([]byte(number), []byte(n.Number)) == 1 {
			return n, true, nil
		}
		c.tries.Set(c.key(name), here+1, cache.DefaultExpiration)
		n.Wrong = wrong + 1
	}
	if n.Wrong >= MaxWrong || !left {
		n = n.over(Locked, n.until)
	}
	return n, false, c.put(ctx, name, n)
}

// wrongHere is how many wrong numbers this process has compared.
func (c *Codes) wrongHere(name string) int {
	v, _ := c.tries.Get(c.key(name))
	n, _ := v.(int)
	return n
}
