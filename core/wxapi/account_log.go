package wxapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// loggedError is an error that is in the log already: a ticket's fetch fails with
// the error that the token's fetch has logged.
type loggedError struct{ error }

func (e loggedError) Unwrap() error                 { return e.error }
func (e loggedError) Format(s fmt.State, verb rune) { format(s, verb, e.Error()) }

// report writes the log line of a renewal that has ended, and tells onRefresh. c was
// current before. It returns err, marked if it is in the log.
func (r *refresher) report(ctx context.Context, c, next *cached, isNew bool, took time.Duration, err error) error {
	now := time.Now().UnixNano()
	done := Refresh{Value: r.valueName(), Reason: "expiry", Shared: err == nil && !isNew, Took: took, Err: err}
	switch {
	case c.rejected != "":
		done.Reason = "refused"
	case c.value == "":
		done.Reason = "first"
	}
	if err != nil {
		err = logFailure(r.log, r.name, err, next != nil || c.alive(now))
	} else {
		r.log.LogAttrs(ctx, slog.LevelDebug, "wechat: a value of the account was renewed",
			slog.String("event", "token.refresh"), slog.String("value", done.Value), slog.String("reason", done.Reason), slog.Bool("shared", done.Shared))
	}
	if r.onRefresh != nil {
		r.onRefresh(ctx, done)
	}
	return err
}

// valueName is the value's name among WeChat's.
func (r *refresher) valueName() string {
	if r.name == ticketName {
		return "jsapi_ticket"
	}
	return "access_token"
}

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
