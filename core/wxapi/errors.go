package wxapi

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	// ErrReply is what every reply is that is neither an answer nor an error
	// of WeChat's: HTML, nothing, half a JSON, {}, a redirect, more than
	// 64 KiB (1 MiB for a list), an open id of no sane shape, or the wrong one. The error itself
	// is a [*ReplyError].
	ErrReply = errors.New("wechat: WeChat's reply could not be understood")

	// ErrCode is a code that is not 1 to 512 of [A-Za-z0-9_-] and therefore
	// not WeChat's; it was not sent. It is [ClassRestart].
	ErrCode = errors.New("wechat: the code is not one of WeChat's")

	// ErrToken is a token or an open id that WeChat cannot have made; it was
	// not sent. It is [ClassRestart].
	ErrToken = errors.New("wechat: not a token or open id of WeChat's")

	// ErrRefused is a token of the account that WeChat does not take and will
	// not replace now: asked for a new one it gave the same again, as it does
	// after 20 forced renewals in a day and within 30 s of one
	// (getStableAccessToken). It is [ClassOperator]: as a rule another program
	// renews the token of the same account.
	ErrRefused = errors.New("wechat: WeChat refuses the account's token and gives no other")
)

// Error is an error that WeChat answered with: a non-zero errcode.
type Error struct {
	// Endpoint is the path that answered, such as /cgi-bin/user/info. It decides
	// with the code what Class says: 40001 tells of the visitor's token at
	// /sns, of the account's own at /cgi-bin, and of the app secret where that
	// token is fetched. Empty counts as /sns.
	Endpoint string

	// Code is WeChat's errcode. Compare this and nothing else: the message of
	// one code differs by endpoint and year.
	Code int

	// Message is WeChat's errmsg, at most 512 runes, without control
	// characters, and with *** for a secret, code or token it repeats.
	Message string

	// RequestID is the id that WeChat's support asks for, taken from the
	// message ("rid: ..." or "req_id: ...") or from a key "rid" beside it;
	// empty if there is none. WeChat knows it for 7 days (errcode 76001).
	RequestID string
}

var (
	// The character after the id is looked at, lest half an id be taken of
	// one that is too long or partly masked.
	requestIDInText = regexp.MustCompile(`\b(?:rid|req_id): *([A-Za-z0-9_-]{1,64})(?:[^A-Za-z0-9_*-]|$)`)
	requestIDShape  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

func newError(endpoint string, code int, r reply, h hidden) *Error {
	errmsg, _ := r.text("errmsg")
	e := &Error{Endpoint: endpoint, Code: code, Message: h.text(errmsg)}
	if m := requestIDInText.FindStringSubmatch(e.Message); m != nil {
		e.RequestID = m[1]
	} else if rid, _ := r.text("rid"); requestIDShape.MatchString(h.text(rid)) {
		e.RequestID = h.text(rid)
	}
	return e
}

// Error is "wechat: errcode N: message", with the request id if the message
// lacks it.
func (e *Error) Error() string {
	text := "wechat: errcode " + strconv.Itoa(e.Code)
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.RequestID != "" && !strings.Contains(e.Message, e.RequestID) {
		text += ", rid: " + e.RequestID
	}
	return text
}

// ReplyError is an [ErrReply] with what is known about it.
type ReplyError struct {
	// Status is the HTTP status of the reply.
	Status int

	// Reason is a fixed phrase of this package, nothing of the reply.
	Reason string
}

// Error is the text of [ErrReply], the status and the reason.
func (e *ReplyError) Error() string {
	return fmt.Sprintf("%v: HTTP %d, %s", ErrReply, e.Status, e.Reason)
}

// Unwrap returns [ErrReply].
func (e *ReplyError) Unwrap() error { return ErrReply }

// Class is [ClassRetry] for a status of 500 and above, because WeChat's own
// errors come with 200 and only the machines before it answer so. All else is
// [ClassNone]: the same question would get the same nonsense.
func (e *ReplyError) Class() Class {
	if e.Status >= 500 {
		return ClassRetry
	}
	return ClassNone
}
