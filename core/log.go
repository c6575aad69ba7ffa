package core

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed467724c4/wechat/core/wxapi"
)

const (
	// reportEvery is how often a line of one kind is logged at most. Anybody can cause
	// most kinds without a login, and must not fill the log.
	reportEvery = time.Minute
	// maxReports bounds the number of kinds; all others count as one.
	maxReports = 64
	// otherKinds is the kind of what comes when there are maxReports kinds already.
	otherKinds = "other"
)

// reports limits the log to one line a minute for each kind. A line has the number of
// lines of its kind that were withheld before it.
type reports struct {
	mu    sync.Mutex
	kinds map[string]*reported
}

// reported is the state of one kind of line.
type reported struct {
	logged    time.Time
	reference string
	silent    int // how many were withheld since one was logged
}

// next reports whether a line of a kind is logged now, how many were withheld since the
// last one, and the reference of its line.
func (r *reports) next(kind string, now time.Time) (log bool, silent int, reference string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kinds == nil {
		r.kinds = map[string]*reported{}
	}
	was := r.kinds[kind]
	if was == nil && len(r.kinds) >= maxReports {
		kind = otherKinds
		was = r.kinds[kind]
	}
	if was == nil {
		was = &reported{}
		r.kinds[kind] = was
	}
	if age := now.Sub(was.logged); was.reference != "" && age >= 0 && age < reportEvery {
		was.silent++
		return false, 0, was.reference
	}
	silent = was.silent
	*was = reported{logged: now, reference: strings.ToLower(rand.Text()[:10])}
	return true, silent, was.reference
}

// overdue returns how many lines of each kind were withheld when no other line of that
// kind has followed for a minute, and forgets kinds that are over.
func (r *reports) overdue(now time.Time) map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	withheld := map[string]int{}
	for kind, was := range r.kinds {
		age := now.Sub(was.logged)
		switch {
		case age >= 0 && age < reportEvery:
		case was.silent > 0:
			withheld[kind] = was.silent
			was.logged, was.silent = now, 0
		default:
			delete(r.kinds, kind)
		}
	}
	return withheld
}

// withheld is how many kinds have lines that were withheld.
func (r *reports) withheld() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, was := range r.kinds {
		if was.silent > 0 {
			n++
		}
	}
	return n
}

// limitedHandler applies the rule of reports to the lines of rooms that log by
// themselves. A kind is a message with its errcode, and with the value or call that it
// is about.
type limitedHandler struct {
	slog.Handler
	watch *watch
}

// Handle implements slog.Handler.
func (h limitedHandler) Handle(ctx context.Context, line slog.Record) error {
	kind := line.Message
	line.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "call", "value", "errcode":
			kind += " " + a.Value.String()
		}
		return true
	})
	write, silent, _ := h.watch.reports.next(kind, h.watch.now())
	if !write {
		h.watch.wake()
		return nil
	}
	if silent > 0 {
		line = line.Clone()
		line.AddAttrs(slog.Int("more", silent))
	}
	return h.Handler.Handle(ctx, line)
}

// WithAttrs implements slog.Handler.
func (h limitedHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return limitedHandler{h.Handler.WithAttrs(attrs), h.watch}
}

// WithGroup implements slog.Handler.
func (h limitedHandler) WithGroup(name string) slog.Handler {
	return limitedHandler{h.Handler.WithGroup(name), h.watch}
}

// explain returns the log attributes of an error. An error of WeChat's has its request
// id, which WeChat's support asks for, and advice for the operator.
func explain(err error) []slog.Attr {
	attrs := []slog.Attr{slog.String("error", err.Error())}
	var wx *wxapi.Error
	if !errors.As(err, &wx) {
		return attrs
	}
	attrs = append(attrs, slog.String("class", wx.Class().String()))
	if advice := wx.Advice(); advice != "" {
		attrs = append(attrs, slog.String("advice", advice))
	}
	return attrs
}

// errcode is what an event says about how a call to WeChat ended.
func errcode(err error) string {
	var wx *wxapi.Error
	var reply *wxapi.ReplyError
	switch {
	case err == nil:
		return "0"
	case errors.As(err, &wx):
		return strconv.Itoa(wx.Code)
	case errors.As(err, &reply) && (reply.Status < 200 || reply.Status >= 300):
		return "http_" + strconv.Itoa(reply.Status)
	case errors.Is(err, wxapi.ErrReply):
		return "reply"
	case wxapi.Classify(err) == wxapi.ClassRetry:
		return "net"
	}
	return ""
}

// requestID is WeChat's id of a failed call; "" without one.
func requestID(err error) string {
	var wx *wxapi.Error
	if errors.As(err, &wx) {
		return wx.RequestID
	}
	return ""
}
