package wxapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// reported is an error that is in the log already. A ticket's fetch fails with
// what the token's fetch has reported.
type reported struct{ error }

func (r reported) Unwrap() error                 { return r.error }
func (r reported) Format(s fmt.State, verb rune) { format(s, verb, r.Error()) }

// report logs a failed fetch, once for all who waited for it: as an error what
// only the site's operator can mend, as a warning what nobody else would notice
// because the old value is still good. The rest is for the callers to judge.
func (k *keeper) report(err error, old bool) error {
	return report(k.log, k.name, err, old)
}

func report(log *slog.Logger, what string, err error, unnoticed bool) error {
	operator := Classify(err) == ClassOperator
	if errors.As(err, new(reported)) || !operator && !unnoticed {
		return err
	}
	level := slog.LevelWarn
	if operator {
		level = slog.LevelError
	}
	attrs := []slog.Attr{slog.String("call", what), slog.Any("error", err), slog.Bool("old_value_used", unnoticed)}
	if e := (*Error)(nil); errors.As(err, &e) {
		attrs = append(attrs, slog.Int("errcode", e.Code), slog.String("rid", e.RequestID), slog.String("advice", e.Advice()))
	}
	log.LogAttrs(context.Background(), level, "wechat: a call with the account's own credentials failed", attrs...)
	return reported{err}
}
