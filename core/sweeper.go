package core

import (
	"sync"
	"sync/atomic"
	"time"
)

// sweepEvery is the interval at which expired sessions and remembered results are
// dropped.
const sweepEvery = time.Minute

// sweeper drops what has expired, once a minute while anything is held. It is a timer
// and no goroutine, so that an idle instance costs nothing.
type sweeper struct {
	sweep func(now time.Time)
	held  func() bool

	awake   atomic.Bool
	running sync.Mutex // held during a sweep
	mu      sync.Mutex // guards the rest
	timer   *time.Timer
	ended   bool
}

// wake is called after something may have been kept. It is cheap, because every request
// off the fast path calls it.
func (s *sweeper) wake() {
	if !s.awake.Load() && s.awake.CompareAndSwap(false, true) {
		s.arm()
	}
}

func (s *sweeper) arm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.timer = time.AfterFunc(sweepEvery, s.run)
	}
}

func (s *sweeper) run() {
	s.running.Lock()
	defer s.running.Unlock()
	s.sweep(time.Now())
	s.awake.Store(false)
	if s.held() {
		s.wake()
	}
}

// end stops the timer and waits for a sweep that runs.
func (s *sweeper) end() {
	s.mu.Lock()
	s.ended = true
	if s.timer != nil {
		s.timer.Stop()
	}
	s.mu.Unlock()
	s.running.Lock()
	defer s.running.Unlock()
}
