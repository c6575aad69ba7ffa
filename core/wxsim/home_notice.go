package wxsim

import (
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

// noticeLife is how long a reload shows what a button did.
const noticeLife = 10 * time.Minute

// notice says what a button of the page did. The page that follows the form shows
// it once more when it is reloaded.
type notice struct {
	timeline.Words
	Detail string // a program's words: an error, an address
	Failed bool
	Link   string // where to go on, or ""
}

// keepNotice keeps a notice and returns its id for the page's address.
func (s *Sim) keepNotice(n notice) string {
	now, id := s.now(), s.random.text(16)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notices.put(now, id, n, now.Add(noticeLife))
	return id
}

func (s *Sim) noticeOf(id string) *notice {
	if id == "" {
		return nil
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.notices.get(now, id); ok {
		return &n
	}
	return nil
}

// done is a notice of something that worked, failedWith one of an error.
func done(zh, en string) notice { return notice{Words: timeline.Words{ZH: zh, EN: en}} }

func failedWith(zh, en string, err error) notice {
	n := done(zh, en)
	n.Failed, n.Detail = true, shortened(strings.TrimPrefix(err.Error(), "wxsim: "))
	return n
}

// maxDetail is how many characters of an error a notice keeps: an error may repeat
// what somebody typed.
const maxDetail = 500

func shortened(text string) string {
	text = strings.ToValidUTF8(text, "?")
	if r := []rune(text); len(r) > maxDetail {
		return string(r[:maxDetail]) + "…"
	}
	return text
}
