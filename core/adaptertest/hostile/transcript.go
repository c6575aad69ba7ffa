package hostile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

// transcript is all answers of an app, case by case. Random values are replaced, so
// that two apps can be compared.
type transcript struct {
	mu    sync.Mutex
	cases map[string]*recorder
}

// recorder is one case of a transcript.
type recorder struct {
	mu     sync.Mutex
	lines  []string
	layers bool // the framework itself gave one of the answers
}

func newTranscript() *transcript { return &transcript{cases: map[string]*recorder{}} }

// of returns the recorder of a case. Without a transcript it returns nil, which
// records nothing.
func (tr *transcript) of(row, number int) *recorder {
	if tr == nil {
		return nil
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	name := fmt.Sprintf("row %d, case %d", row, number+1)
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
	switch a.outcome {
	case outDrop, outRouter:
		r.layers = true
		return
	case outPass:
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

// compare names the cases that two apps answered differently. It leaves out cases with
// an answer of the framework itself, and counts them as excepted.
func compare(one, other *transcript) (same, excepted int, differences []string) {
	for name, a := range one.cases {
		b := other.cases[name]
		switch {
		case b == nil:
			differences = append(differences, name+" was not run")
		case a.layers || b.layers:
			excepted++
		case !slices.Equal(a.lines, b.lines):
			differences = append(differences, fmt.Sprintf("%s:\n%s\nbut\n%s", name, strings.Join(a.lines, "\n"), strings.Join(b.lines, "\n")))
		default:
			same++
		}
	}
	slices.Sort(differences)
	return same, excepted, differences
}
