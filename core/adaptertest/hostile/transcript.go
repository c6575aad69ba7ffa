package hostile

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

// Transcript is what an app answered to the table, case by case. Values that differ from
// run to run are replaced, so the transcripts of two apps can be compared.
type Transcript struct {
	mu    sync.Mutex
	cases map[string]*recorder
}

// recorder is one case of a transcript.
type recorder struct {
	mu    sync.Mutex
	lines []string
	own   bool // the framework itself gave one of the answers
}

// Record sends an app the table of [Run] and returns its answers. It leaves out the rows
// that wait for a time limit.
func Record(t *testing.T, app adaptertest.App) *Transcript {
	record := &Transcript{cases: map[string]*recorder{}}
	for _, kind := range []string{privateStore, ownStore} {
		t.Run(kind, func(t *testing.T) {
			newSite(t, ownAccount, app, nil, kind, &logBuffer{}).table(t, record)
		})
	}
	return record
}

// Difference is one case that two apps answered differently.
type Difference struct {
	Case       string // such as "private sessions, row 12, case 3: the rule of the row"
	One, Other string // all answers of either app

	// Framework is set if a server or router gave one of the answers itself, before or
	// instead of the gate.
	Framework bool
}

// Compare counts the cases that two apps answered alike, and returns the others in the
// order of their names.
func Compare(one, other *Transcript) (same int, differences []Difference) {
	for _, name := range slices.Sorted(maps.Keys(one.cases)) {
		a, b := one.cases[name], other.cases[name]
		switch {
		case b == nil:
			differences = append(differences, Difference{Case: name, One: a.String(), Other: "not run"})
		case slices.Equal(a.lines, b.lines):
			same++
		default:
			differences = append(differences, Difference{Case: name, One: a.String(), Other: b.String(), Framework: a.own || b.own})
		}
	}
	return same, differences
}

func (r *recorder) String() string { return strings.Join(r.lines, "\n") }

// of returns the recorder of a case. Without a transcript it returns nil, which
// records nothing.
func (tr *Transcript) of(kind string, r row, number int) *recorder {
	if tr == nil {
		return nil
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	name := fmt.Sprintf("%s, row %d, case %d: %s", kind, r.number, number+1, r.rule)
	for tr.cases[name] != nil {
		name += "'"
	}
	tr.cases[name] = &recorder{}
	return tr.cases[name]
}

var (
	randomCookie = regexp.MustCompile(`((?:session|wechat_session_[\w-]+|wechat_login_[\w-]+)=)[^;]+`)
	randomState  = regexp.MustCompile(`state=[0-9A-Za-z]+`)
	randomCode   = regexp.MustCompile(`[0-9A-Za-z]{32}`)
	randomRef    = regexp.MustCompile(`(class="reference">[^<]*?)[0-9a-z]{10}<`)
	carriedQuery = regexp.MustCompile(`_wx(=|%3D)[\w-]+`)
	clock        = regexp.MustCompile(`(Max-Age=|Expires=)[^;]+`)
)

var compared = []string{
	"Location", "Set-Cookie", "Cache-Control", "Referrer-Policy", "Content-Type", "Content-Security-Policy",
	"X-Content-Type-Options", "Vary", "Retry-After", "Allow", "X-App",
}

func (r *recorder) note(s *scenario, target string, a *result) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch gate := a.Header.Get("Referrer-Policy") != ""; {
	case a.outcome == outDrop && !gate: // a status, or a connection that is closed too early to read it
		r.own = true
		r.lines = append(r.lines, a.outcome)
		return
	case a.outcome == outRouter && !gate:
		r.own = true
		r.lines = append(r.lines, fmt.Sprintf("%s %d", a.outcome, a.Status))
		return
	case a.outcome == outPass:
		rep, err := report.Of(a.Answer)
		if err != nil {
			r.lines = append(r.lines, err.Error())
			return
		}
		r.lines = append(r.lines, withoutRandom(s, fmt.Sprintf("PASS %s %s %q as %v", rep.Method, rep.Target, rep.Body, rep.Context)))
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d", a.outcome, a.Status)
	for _, name := range compared {
		values := slices.Clone(a.Header[name])
		slices.Sort(values)
		for _, value := range values {
			fmt.Fprintf(&b, "\n\t%s: %s", name, value)
		}
	}
	fmt.Fprintf(&b, "\n\t%s", a.Body)
	r.lines = append(r.lines, withoutRandom(s, b.String()))
}

// withoutRandom replaces everything in an answer that differs from run to run.
func withoutRandom(s *scenario, text string) string {
	text = strings.ReplaceAll(text, s.simURL, "WECHAT")
	text = randomCookie.ReplaceAllString(text, "${1}VALUE")
	text = randomState.ReplaceAllStringFunc(text, func(state string) string { return fmt.Sprintf("state=%d digits", len(state)-len("state=")) })
	text = clock.ReplaceAllString(text, "${1}TIME")
	text = randomRef.ReplaceAllString(text, "${1}REFERENCE<")
	text = carriedQuery.ReplaceAllString(text, "_wx${1}CARRIED")
	for name, value := range s.values {
		if len(value) > 8 {
			text = strings.ReplaceAll(text, value, "{"+name+"}")
		}
	}
	return randomCode.ReplaceAllString(text, "CODE")
}
