package wxapi

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

// callError is a call without a reply: the network failed, a deadline expired or
// the caller cancelled.
type callError struct {
	text   string
	class  Class
	causes []error
}

// newCallError describes err without its URL. errors.Is and errors.As find what
// err wraps only if printing it shows no secret.
func newCallError(ctx context.Context, op string, err error, secrets redactor) *callError {
	// A url.Error prints the whole URL with the secret. Another client inside an
	// app's RoundTripper may have added a second one.
	for ue := (*url.Error)(nil); errors.As(err, &ue); {
		err = ue.Err
	}
	e := &callError{text: "wechat: " + op + ": " + secrets.redact(err.Error()), class: ClassRetry}

	// If the context has a cancel cause, net/http returns the cause instead of
	// context.Canceled. So ask the caller's context.
	if ended := ctx.Err(); ended != nil {
		e.causes = append(e.causes, ended)
		if errors.Is(ended, context.Canceled) {
			e.class = ClassNone
		}
	}
	if !secrets.reveals(err) {
		e.causes = append(e.causes, err)
	} else if errors.Is(err, context.DeadlineExceeded) {
		e.causes = append(e.causes, context.DeadlineExceeded)
	}
	return e
}

func (e *callError) Error() string                 { return e.text }
func (e *callError) Class() Class                  { return e.class }
func (e *callError) Unwrap() []error               { return e.causes }
func (e *callError) Format(s fmt.State, verb rune) { format(s, verb, e.text) }
