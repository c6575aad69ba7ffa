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
	Partly bool   // it was done, and something about it failed
	Link   string // where to go on, or ""
	Where  string // the card of the page where it can be mended, or ""
	Typed  string // what is to stand in the form's field again
	Card   string // the card whose button was pressed
	Lang   string // of the page that shows it
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

// NoticeIn is the notice of a button of one card, so that it is read where the button is.
func (p homePage) NoticeIn(card string) *notice {
	if p.Notice == nil || p.Notice.Card != card {
		return nil
	}
	return p.Notice
}

// Typed is the push address that was refused, so that it can be mended.
func (p homePage) Typed() string {
	if p.Notice == nil {
		return ""
	}
	return p.Notice.Typed
}

// PushOpen says whether the form of the push address is shown: the notice is about it.
func (p homePage) PushOpen() bool {
	return p.Notice != nil && (p.Notice.Where != "" || p.Notice.Card == "settings")
}

// done is a notice of something that worked, failedWith one of an error.
func done(zh, en string) notice { return notice{Words: timeline.Words{ZH: zh, EN: en}} }

// failedFor is a failure with a reason in both languages.
func failedFor(zh, en, whyZH, whyEN string) notice {
	n := done(zh+whyZH+"。", en+" "+whyEN+".")
	n.Failed = true
	return n
}

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
