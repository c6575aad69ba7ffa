package core

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/seed467724c4/wechat/core/internal/once"
	"github.com/seed467724c4/wechat/core/internal/proof"
)

// watch tells the log and the observer what happens. For each happening one method
// writes both.
type watch struct {
	observer Observer // nil without one
	logger   func() *slog.Logger
	account  string
	now      func() time.Time
	userHash func(openID string) string
	ends     *once.Ends // nil without an observer
	reports  reports
	wake     func() // the sweeper, where lines are withheld
}

func newWatch(c *Config, now func() time.Time) *watch {
	logger := c.Logger
	return &watch{
		observer: c.Observer, account: c.AppID, now: now,
		userHash: func(string) string { return "" }, wake: func() {},
		logger: func() *slog.Logger {
			if logger != nil {
				return logger
			}
			return slog.Default()
		},
	}
}

// use takes the keys of the account, before anything is told.
func (w *watch) use(c *Config, keys *proof.Keys, from keyMaterial) (err error) {
	w.userHash = keys.UserHash
	if w.observer != nil {
		w.ends, err = once.NewEnds(c.Cache, proof.StateLife+proof.ClockSkew, from.name, from.secret, from.previous...)
	}
	return err
}

// line is what the log says about a happening, beside the attributes of its event.
type line struct {
	level slog.Level
	text  string
	// kind is the kind of the line for the rule of one line a minute. It is "" only for
	// what no anonymous request can cause.
	kind string
	more []slog.Attr
}

// listens is false where neither the log nor an observer wants to know. Ask it first
// where requests are many.
func (w *watch) listens(ctx context.Context, level slog.Level) bool {
	return w.observer != nil || w.logger().Enabled(ctx, level)
}

// tell writes a happening to the log, unless its kind was logged within a minute, and
// tells the observer.
func (w *watch) tell(ctx context.Context, e Event, l line) {
	silent := 0
	write := w.logger().Enabled(ctx, l.level)
	if write && l.kind != "" {
		if write, silent, _ = w.reports.next(l.kind, w.now()); !write {
			w.wake()
		}
	}
	if write || w.observer != nil {
		w.write(ctx, e, l, write, silent)
	}
}

// tellWithReference is tell for a happening that a visitor reads about. It returns the
// reference that the page shows. Visitors who meet the same trouble within a minute read
// the same reference.
func (w *watch) tellWithReference(ctx context.Context, e Event, l line) (reference string) {
	write, silent, reference := w.reports.next(l.kind, w.now())
	e.Ref = reference
	w.write(ctx, e, l, write, silent)
	return reference
}

func (w *watch) write(ctx context.Context, e Event, l line, write bool, silent int) {
	e = w.complete(e)
	if write {
		attrs := append(e.Attrs(), l.more...)
		if silent > 0 {
			attrs = append(attrs, slog.Int("more", silent))
		}
		w.logger().LogAttrs(ctx, l.level, l.text, attrs...)
	}
	w.emit(ctx, e)
}

// complete adds what every event has.
func (w *watch) complete(e Event) Event {
	e.Time, e.Account = w.now(), w.account
	if e.OpenID != "" {
		e.UserHash = w.userHash(e.OpenID)
	}
	return e
}

// emit tells the observer. Its panic is logged and told to no one else.
func (w *watch) emit(ctx context.Context, e Event) {
	if w.observer == nil {
		return
	}
	if err := recovered("Observer", func() { w.observer.Observe(ctx, e) }); err != nil {
		if write, silent, _ := w.reports.next("observer", w.now()); write {
			w.logger().LogAttrs(ctx, slog.LevelError, "wechat: the observer panicked (logged once a minute)",
				slog.String("event", e.Name), slog.String("error", err.Error()), slog.Int("more", silent))
		}
	}
}

// sweep logs the number of lines that were withheld when a flood has ended.
func (w *watch) sweep() {
	now := w.now()
	for kind, n := range w.reports.overdue(now) {
		w.logger().LogAttrs(context.Background(), slog.LevelInfo, "wechat: lines of one kind were withheld (one a minute is logged)",
			slog.String("account", w.account), slog.String("kind", kind), slog.Int("more", n))
	}
	if w.ends != nil {
		w.ends.Sweep(now)
	}
}

// held is how much waits for a sweep.
func (w *watch) held() int {
	n := w.reports.withheld()
	if w.ends != nil {
		n += w.ends.Len()
	}
	return n
}

// limited is the logger for rooms that log by themselves what an anonymous request can
// cause.
func (w *watch) limited() *slog.Logger {
	return slog.New(limitedHandler{w.logger().Handler(), w})
}

// hookFailed tells that a hook of the app panicked or answered what cannot be used.
func (w *watch) hookFailed(ctx context.Context, hook string, err error) {
	w.tell(ctx, Event{Name: HookFailed, Kind: hook}, line{
		level: slog.LevelError, kind: HookFailed + " " + hook,
		text: "wechat: a hook failed (logged once a minute)", more: []slog.Attr{slog.String("error", err.Error())},
	})
}

// warnOf tells of a setting that works, but is unsafe or unusual. It is told once.
func (w *watch) warnOf(reason, text string, more ...slog.Attr) {
	w.tell(context.Background(), Event{Name: ConfigWarning, Reason: reason}, line{level: slog.LevelWarn, text: "wechat: " + text, more: more})
}

// String keeps what reflection finds out of prints.
func (w *watch) String() string { return fmt.Sprintf("observer and log of %s", w.account) }
