package wxsim

import "time"

// How many customer messages a person can be sent, and for how long, after what the
// person did (客服消息, 下发额度, since 2023-06-12): five within 48 hours of a message,
// three within a minute of a menu button, of following and of scanning.
const (
	messageRoom = 5
	messageTime = 48 * time.Hour
	actionRoom  = 3
	actionTime  = time.Minute
)

// allowance is how many customer messages a person can still be sent.
type allowance struct {
	until time.Time
	left  int
}

// talked notes that a person did something, with mu held. Allowances are not added
// up: the larger number and the later end count.
func (s *Sim) talked(appID, personID string, room int, life time.Duration) {
	now := s.now()
	all := s.states[appID].allowances
	old := all[personID]
	if !now.Before(old.until) {
		old = allowance{}
	}
	all[personID] = allowance{until: later(old.until, now.Add(life)), left: max(old.left, room)}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// spendAllowance uses up one customer message, with mu held. It returns 45015 when
// the person did nothing lately, 45047 when the messages are used up, 0 otherwise.
func (s *Sim) spendAllowance(appID, personID string) int {
	all := s.states[appID].allowances
	a, ok := all[personID]
	switch {
	case !ok || !s.now().Before(a.until):
		return codeTimeLimit
	case a.left == 0:
		return codeCountLimit
	}
	a.left--
	all[personID] = a
	return 0
}
