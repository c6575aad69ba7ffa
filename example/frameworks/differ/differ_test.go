// Package differ sends the same odd requests, byte by byte, to the same site on every
// framework, and compares the answers.
package differ_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/adaptertest"
)

// The gate's answers are equal on all frameworks. Where a framework's own server or
// router answers, or hands the gate other bytes than net/http does, the table in
// testdata/requests.txt has a line with the reason. A difference without a line and a
// line without a difference are both errors.
func TestAllFrameworksAnswerTheSame(t *testing.T) {
	auth, cookie, stop, err := adaptertest.LoggedIn()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	requests := odd()
	answers := map[string]map[string]string{}
	for name, build := range apps {
		baseURL, stop, err := build(auth)
		if err != nil {
			t.Fatal(err)
		}
		answers[name] = ask(requests, strings.TrimPrefix(baseURL, "http://"), cookie)
		stop()
	}
	t.Logf("%d requests to %d frameworks", len(requests), len(apps))

	var found []string
	equal := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(apps)) {
		for _, request := range slices.Sorted(maps.Keys(requests)) {
			want, got := answers[reference][request], answers[name][request]
			if got == want {
				equal[name]++
				continue
			}
			found = append(found, fmt.Sprintf("%s | %s | %s | %s", name, request, brief(want), brief(got)))
		}
	}
	t.Logf("equal to %s: %v", reference, equal)
	compare(t, "testdata/requests.txt", found)
}

// compare holds a table of differences with their reasons.
func compare(t *testing.T, file string, found []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		difference, reason, _ := strings.Cut(line, " || ")
		if reason == "" {
			t.Errorf("%s: a line without a reason: %s", file, line)
		}
		explained[difference] = true
	}
	for _, difference := range found {
		if !explained[difference] {
			t.Errorf("a new difference: %s", difference)
		}
		delete(explained, difference)
	}
	for _, gone := range slices.Sorted(maps.Keys(explained)) {
		t.Errorf("%s explains a difference that is gone: %s", file, gone)
	}
}

// ask sends every request on a connection of its own.
func ask(requests map[string]string, host, cookie string) map[string]string {
	answers := map[string]string{}
	for name, raw := range requests {
		raw = strings.NewReplacer("HOST", host, "COOKIE", cookie).Replace(raw)
		answers[name] = withoutRandom(once(host, raw), host)
	}
	return answers
}

// once is one answer, or how the connection ended.
func once(host, raw string) string {
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(conn, raw)
	method, _, _ := strings.Cut(raw, " ")
	r, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return "closed"
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", r.StatusCode)
	if r.Header.Get("Referrer-Policy") == "" && !strings.HasPrefix(string(body), "PASS") {
		return b.String() + "the framework's own"
	}
	for _, name := range []string{
		"Location", "Set-Cookie", "Cache-Control", "Referrer-Policy", "Content-Type", "Content-Security-Policy", "X-Content-Type-Options", "Vary", "Retry-After", "Allow",
	} {
		if name == "Content-Type" && (r.StatusCode/100 == 3 || r.Header.Get("Referrer-Policy") == "") {
			continue // of GoFrame's own text, and of the handler
		}
		for _, value := range slices.Sorted(slices.Values(r.Header[name])) {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	if r.StatusCode/100 != 3 { // GoFrame names the status in the body of a redirect
		b.Write(body)
	}
	return b.String()
}

var random = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`(wechat_(?:session|login)_[\w-]+=)[^;]+`), "${1}VALUE"},
	{regexp.MustCompile(`state=[0-9A-Za-z]+`), "state=STATE"},
	{regexp.MustCompile(`(Max-Age=|Expires=)[^;\n]+`), "${1}TIME"},
	{regexp.MustCompile(`(class="reference">[^<]*?)[0-9a-z]{10}<`), "${1}REFERENCE<"},
	{regexp.MustCompile(`_wx(=|%3D)[\w-]+`), "_wx${1}CARRIED"},
}

// withoutRandom replaces what differs from run to run.
func withoutRandom(text, host string) string {
	_, port, _ := net.SplitHostPort(host)
	text = strings.ReplaceAll(text, port, "PORT")
	for _, r := range random {
		text = r.what.ReplaceAllString(text, r.with)
	}
	return text
}

// ours holds for an answer of the gate, and not for a page of the handler behind it.
func ours(answer string) bool { return strings.Contains(answer, "Referrer-Policy") }

// brief is an answer in few words.
func brief(answer string) string {
	status, rest, _ := strings.Cut(answer, "\n")
	switch {
	case answer == "closed" || strings.HasPrefix(rest, "the framework"):
		return strings.ReplaceAll(answer, "\n", " ")
	case ours(answer):
		return status + " of the gate"
	}
	_, line, _ := strings.Cut(answer, "PASS")
	return "handler:" + fmt.Sprintf("%.80q", line)
}
