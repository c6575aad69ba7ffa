package push

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// refusal is why a request was refused. The sender reads the status only; the
// operator reads the reason in the log.
type refusal string

const (
	notSigned   refusal = "it is not signed with push.Config.Token"
	notOurs     refusal = "it is not signed with push.Config.Token, not encrypted with EncodingAESKey, or for another account"
	wrongMode   refusal = "it is encrypted and EncodingAESKey is not set, or the other way round"
	wrongTime   refusal = "its time is more than 5 minutes from this server's, or after it was sent: check the clock of this server"
	reused      refusal = "its signature was used for another message"
	notAMessage refusal = "it is not a message of WeChat's"
	cutOff      refusal = "its body could not be read to the end"
	tooLarge    refusal = "it is larger than 64 KiB"
	noRoom      refusal = "too many messages wait for their hooks"
)

// word is the reason as a label of metrics.
func (r refusal) word() string {
	switch r {
	case wrongMode:
		return "wrong_mode"
	case wrongTime:
		return "stale"
	case reused:
		return "reused"
	case notAMessage:
		return "not_a_message"
	case cutOff:
		return "cut_off"
	case tooLarge:
		return "too_big"
	case noRoom:
		return "busy"
	}
	return "bad_signature"
}

func (r refusal) status() int {
	switch r {
	case notAMessage, cutOff:
		return http.StatusBadRequest
	case tooLarge:
		return http.StatusRequestEntityTooLarge
	case noRoom:
		return http.StatusServiceUnavailable
	}
	return http.StatusForbidden
}

// logEvery is how often one reason is logged: an operator who mistyped the Token
// needs a line, and an attacker must not fill the log.
const logEvery = time.Minute

// refusals counts the refused requests by reason. There are no more entries than
// reasons.
type refusals struct {
	mu   sync.Mutex
	seen map[refusal]tally
}

type tally struct {
	logged time.Time // when the last line was written
	count  int       // refused since then
}

// log writes a line with the number of requests refused since the last one, or only
// counts. more is added to the line.
func (r *refusals) log(ctx context.Context, to *slog.Logger, now time.Time, why refusal, more ...any) {
	if count := r.count(now, why); count > 0 {
		to.WarnContext(ctx, "wechat: a message was refused (logged once a minute for each reason)",
			append([]any{"event", "push.rejected", "reason", string(why), "count", count}, more...)...)
	}
}

// count is 0 where no line is due.
func (r *refusals) count(now time.Time, why refusal) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[refusal]tally{}
	}
	t, before := r.seen[why]
	t.count++
	if before && now.Sub(t.logged) < logEvery {
		r.seen[why] = t
		return 0
	}
	r.seen[why] = tally{logged: now}
	return t.count
}
