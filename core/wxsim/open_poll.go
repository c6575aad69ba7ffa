package wxsim

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// pollHold is how long a poll waits for news, as WeChat's server does.
const pollHold = 25 * time.Second

const scanExpired = 402 // what the poll answers when a QR code is too old

// qrPoll is the long poll of the page that shows the QR code. It answers at
// once when there is something that the page does not know yet (last), and 408
// after 25 seconds without news.
func (s *Sim) qrPoll(r *http.Request) reply {
	uuid, last := r.URL.Query().Get("uuid"), r.URL.Query().Get("last")
	timer := time.NewTimer(pollHold)
	defer timer.Stop()
	for {
		now := s.now()
		s.mu.Lock()
		sc, ok := s.scans.get(now, uuid)
		moved := s.moved
		if !ok {
			s.mu.Unlock()
			return pollReply(scanExpired, "")
		}
		state, code, changed := sc.state, sc.code, sc.changed
		s.mu.Unlock()
		if state != scanWaiting && strconv.Itoa(int(state)) != last {
			return pollReply(int(state), code)
		}
		select {
		case <-changed:
		case <-moved:
		case <-timer.C:
			return pollReply(int(scanWaiting), "")
		case <-s.closing:
			return pollReply(int(scanWaiting), "")
		case <-r.Context().Done():
			return reply{end: endDrop, outcome: "gone"}
		}
	}
}

// pollReply is the script that WeChat's page evaluates.
func pollReply(number int, code string) reply {
	return reply{status: http.StatusOK, contentType: "text/javascript", outcome: strconv.Itoa(number),
		body: fmt.Appendf(nil, "window.wx_errcode=%d;window.wx_code='%s';", number, code)}
}
