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
	// maxReports bounds the kinds that are told apart.
	maxReports = 64
)

// reports logs trouble of each kind once a minute, with the number of times that it was
// not logged.
type reports struct {
	mu    sync.Mutex
	kinds map[string]*reported
}

// reported is what is known of one kind of trouble.
type reported struct {
	logged    time.Time
	reference string
	silent    int // how often it came since it was logged
}

// next says whether trouble of a kind is to be logged now, with how many came silently
// since it was last logged, and under which reference it is found.
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

// explain is what a log should hold of an error: for WeChat's own, its request id,
// which their support asks for, and what the operator can do.
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
