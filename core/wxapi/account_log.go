package wxapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// loggedError is an error that is in the log already: a ticket's fetch fails with
// the error that the token's fetch has logged.
type loggedError struct{ error }

func (e loggedError) Unwrap() error                 { return e.error }
func (e loggedError) Format(s fmt.State, verb rune) { format(s, verb, e.Error()) }

// logFailure logs a failed call once, however many callers waited for it. If only
// the operator can fix it, it is logged as an error. If an old value hides it
// from the callers, it is logged as a warning. Otherwise the callers decide.
func logFailure(log *slog.Logger, what string, err error, oldValueUsed bool) error {
	operator := Classify(err) == ClassOperator
	if errors.As(err, new(loggedError)) || !operator && !oldValueUsed {
		return err
	}
	level := slog.LevelWarn
	if operator {
		level = slog.LevelError
	}
	attrs := []slog.Attr{slog.String("call", what), slog.Any("error", err), slog.Bool("old_value_used", oldValueUsed)}
	if e := (*Error)(nil); errors.As(err, &e) {
		attrs = append(attrs, slog.Int("errcode", e.Code), slog.String("rid", e.RequestID), slog.String("advice", e.Advice()))
	}
	log.LogAttrs(context.Background(), level, "wechat: a call with the account's own credentials failed", attrs...)
	return loggedError{err}
}
