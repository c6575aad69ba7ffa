package wxapi

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

// transportError is a call that brought no reply: the network, a deadline or
// the caller ended it.
type transportError struct {
	text   string
	class  Class
	causes []error
}

// newTransportError tells of err without its URL. What err wraps stays within
// reach of errors.Is and errors.As only as far as it gives nothing away.
func newTransportError(ctx context.Context, op string, err error, h hidden) *transportError {
	// net/http prints the whole URL, the secret included. The client of
	// somebody's RoundTripper may have added one more.
	for ue := (*url.Error)(nil); errors.As(err, &ue); {
		err = ue.Err
	}
	t := &transportError{text: "wechat: " + op + ": " + h.text(err.Error()), class: ClassRetry}

	// With a cancel cause, net/http returns the cause and not
	// context.Canceled, so the caller's context is asked.
	if ended := ctx.Err(); ended != nil {
		t.causes = append(t.causes, ended)
		if errors.Is(ended, context.Canceled) {
			t.class = ClassNone
		}
	}
	if !h.shownBy(err) {
		t.causes = append(t.causes, err)
	} else if errors.Is(err, context.DeadlineExceeded) {
		t.causes = append(t.causes, context.DeadlineExceeded)
	}
	return t
}

func (t *transportError) Error() string                 { return t.text }
func (t *transportError) Class() Class                  { return t.class }
func (t *transportError) Unwrap() []error               { return t.causes }
func (t *transportError) Format(s fmt.State, verb rune) { format(s, verb, t.text) }
