package wxsim

import (
	"errors"
	"time"
)

var errTooFar = errors.New("wxsim: the clock stays within 100 years of the real one")

// now is the simulator's time: the configured clock plus what Advance added.
func (s *Sim) now() time.Time { return s.cfg.Now().Add(time.Duration(s.ahead.Load())) }

// Advance moves the simulator's clock by d, so that codes, tokens, QR codes and
// quotas expire without waiting, and returns the new time. A negative d moves
// it back. Real time is not touched: a delay still takes as long as it says.
//
// The clock stays within a hundred years of the configured one.
func (s *Sim) Advance(d time.Duration) time.Time {
	s.advance(max(-maxAhead, min(maxAhead, d))) // an error leaves the clock as it is
	return s.now()
}

// maxAhead is how far the clock can be from the configured one: far more than any
// lifetime, and far from the end of what time.Duration can hold.
const maxAhead = 100 * 365 * 24 * time.Hour

// advance is Advance. The error says that the clock would leave its hundred years;
// then it has not moved.
func (s *Sim) advance(d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d > maxAhead || d < -maxAhead {
		return errTooFar
	}
	if to := time.Duration(s.ahead.Load()) + d; to > maxAhead || to < -maxAhead {
		return errTooFar
	}
	s.ahead.Add(int64(d))
	close(s.moved) // wakes the long polls, whose QR codes may have expired
	s.moved = make(chan struct{})
	return nil
}

// Now is the simulator's time.
func (s *Sim) Now() time.Time { return s.now() }
