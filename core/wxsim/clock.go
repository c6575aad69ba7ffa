package wxsim

import "time"

// now is the simulator's time: the configured clock plus what Advance added.
func (s *Sim) now() time.Time { return s.cfg.Now().Add(time.Duration(s.ahead.Load())) }

// Advance moves the simulator's clock by d, so that codes, tokens, QR codes and
// quotas expire without waiting, and returns the new time. A negative d moves
// it back. Real time is not touched: a delay still takes as long as it says.
func (s *Sim) Advance(d time.Duration) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead.Add(int64(d))
	close(s.moved) // wakes the long polls, whose QR codes may have expired
	s.moved = make(chan struct{})
	return s.now()
}

// Now is the simulator's time.
func (s *Sim) Now() time.Time { return s.now() }
