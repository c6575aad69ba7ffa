package session

import "time"

const (
	// touchEvery is how often the idle time of a session is written at most, so that a
	// busy page does not turn every read into a write.
	touchEvery = 5 * time.Minute
	// touchRest is how long no idle time is written after one could not be: a store that
	// is read-only for a while must not hold up every request.
	touchRest = 5 * time.Second
)

// IdleIsDue says whether the idle time of a session that was last written at touched
// (Unix seconds) is to be written again. Without an idle time it asks no clock.
func (s *Sessions) IdleIsDue(touched int64) bool {
	idle := s.manager.IdleTimeout
	if idle <= 0 {
		return false
	}
	now := s.now().Unix()
	return now-touched >= int64(min(touchEvery, idle/16)/time.Second) && now >= s.rest.Load()
}

// TouchIsDue says whether a session is to be written again although nothing in it
// changes: its idle time is due, or it is outdated.
func (s *Sessions) TouchIsDue(was Stored, touched int64) bool {
	return was.Outdated && s.now().Unix() >= s.rest.Load() || s.IdleIsDue(touched)
}

// TouchFailed lets no touch be due for the next 5 seconds, in this process.
func (s *Sessions) TouchFailed() {
	s.rest.Store(s.now().Add(touchRest).Unix())
}
