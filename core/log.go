package core

import (
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed467724c4/wechat/core/wxapi"
)

const (
	// reportEvery is how often trouble of one kind is logged at most. Anybody can cause
	// some kinds without a login, and must not fill the log.
	reportEvery = time.Minute
	// maxReports bounds the number of kinds; all others count as one.
	maxReports = 64
)

// reports limits the log to one line a minute for each kind of trouble. A line has the
// number of lines left out before it.
type reports struct {
	mu    sync.Mutex
	kinds map[string]*reported
}

// reported is the state of one kind of trouble.
type reported struct {
	logged    time.Time
	reference string
	silent    int // how often it came since it was logged
}

// next reports whether trouble of a kind is logged now, how many times it was left out
// since the last line, and the reference of its line.
func (r *reports) next(kind string, now time.Time) (log bool, silent int, reference string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kinds == nil {
		r.kinds = map[string]*reported{}
	}
	was := r.kinds[kind]
	if was == nil && len(r.kinds) >= maxReports {
		kind = "other"
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

// report logs trouble and returns the reference that leads from the visitor's page to
// the line. Visitors who meet the same trouble within a minute read the same reference.
func (v *visit) report(kind PageKind, fault Fault, err error) string {
	name := string(kind) + " " + string(fault)
	var wx *wxapi.Error
	if errors.As(err, &wx) {
		name += " " + strconv.Itoa(wx.Code)
	}
	write, silent, reference := v.auth.reports.next(name, v.now)
	if !write {
		return reference
	}
	args := append([]any{"page", string(kind), "reference", reference}, explain(err)...)
	if fault != "" {
		args = append(args, "fault", string(fault))
	}
	if silent > 0 {
		args = append(args, "more", silent)
	}
	log := v.auth.config.logger()
	if wxapi.Classify(err) == wxapi.ClassOperator {
		log.ErrorContext(v.ctx, "wechat: login failed, the account's settings need a look (logged once a minute)", args...)
	} else {
		log.WarnContext(v.ctx, "wechat: login failed (logged once a minute)", args...)
	}
	return reference
}

// explain returns the log attributes of an error. An error of WeChat's has its request
// id, which WeChat's support asks for, and advice for the operator.
func explain(err error) []any {
	args := []any{"error", err.Error()}
	var wx *wxapi.Error
	if !errors.As(err, &wx) {
		return args
	}
	args = append(args, "errcode", strconv.Itoa(wx.Code), "rid", wx.RequestID, "class", wx.Class().String())
	if advice := wx.Advice(); advice != "" {
		args = append(args, "advice", advice)
	}
	return args
}
