package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRatiosAreTakenWithinARound(t *testing.T) {
	r := results{"a": {{nsPerOp: 10}, {nsPerOp: 40}, {nsPerOp: 90}}, "b": {{nsPerOp: 10}, {nsPerOp: 20}, {nsPerOp: 30}}}
	if v, ok := r.of(ratio("", nsPerOp, 1, times, "a", "b")); !ok || v != 2 {
		t.Errorf("the median of 1, 2 and 3 is %v", v)
	}
	best := ratio("", nsPerOp, 1, times, "a", "b")
	best.best = true
	if v, _ := r.of(best); v != 1 {
		t.Errorf("the ratio of the best is %v, want 1", v)
	}
	if _, ok := r.of(ratio("", nsPerOp, 1, times, "a", "c")); ok {
		t.Error("there is a ratio to what was not measured")
	}
}

func TestTheBestSpeedIsTheHighest(t *testing.T) {
	best := bestOf([]sample{{requestsPerS: 1, p99: 1}, {requestsPerS: 2, p99: 2}})
	if best[requestsPerS] != 2 || best[p99] != 1 {
		t.Errorf("best of two is %v", best)
	}
}

func TestWrkIsRead(t *testing.T) {
	const text = `  Latency Distribution
     50%  203.00us
     99%    1.30ms
  78780 requests in 2.10s, 9.61MB read
Requests/sec:  37514.29
`
	r, err := readWrk(text)
	want := loaded{78780, 2100 * time.Millisecond, 203 * time.Microsecond, 1300 * time.Microsecond}
	if err != nil || r != want {
		t.Errorf("read %+v, %v", r, err)
	}
	if _, err := readWrk(text + "  Non-2xx or 3xx responses: 12\n"); err == nil {
		t.Error("wrong answers count as answers")
	}
}

// Every kind of child does its task, small.
func TestChildren(t *testing.T) {
	o := defaults()
	o.rounds, o.round, o.wrk, o.sessions, o.soak = 1, 200*time.Millisecond, "", 2000, 2*time.Second
	w := testWorld(t)
	for _, name := range []string{
		"BenchmarkServer/nethttp/wechat", "BenchmarkServer/fiber/wechat",
		"BenchmarkMemory/heap/wechat", "BenchmarkMemory/heap/scs", "BenchmarkMemory/sweep/wechat", "BenchmarkMemory/sweep/memstore",
		"BenchmarkSoak/nethttp",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, m := range measures() {
				if m.benchmark() != name {
					continue
				}
				s, err := m.once(w, o)
				if err != nil {
					t.Fatal(err)
				}
				for unit, v := range s {
					if v < 0 || v == 0 && unit != moreRoutines {
						t.Errorf("%s is %v", unit, v)
					}
				}
			}
		})
	}
}

func TestTheProgramPrintsTables(t *testing.T) {
	o, err := parse([]string{"-rounds", "1", "-benchtime", "2x", "-only", "nethttp/(bare|wechat|scs)$|optional"})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(o, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| target | limit | measured | |", "| net/http, over bare, of scs + gob | ≤ 1/40 |", "\n**nethttp, over 65,536 cold sessions**\n", "| store calls, optional | ≤ 0 | 0 | met |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if _, err := parse([]string{"-rounds", "1", "more"}); err == nil {
		t.Error("what means nothing is taken")
	}
}

func TestABenchmarkIsRead(t *testing.T) {
	const text = "goos: linux\ncpu: 8 worst-find-ms\nBenchmarkSweep/wechat-2 \t 1\t 173006855 ns/op\t 8.283 worst-find-ms\nPASS\n"
	if s, err := readBenchmark(text, worstFind); err != nil || s[worstFind] != 8.283 {
		t.Errorf("read %v, %v", s, err)
	}
	if _, err := readBenchmark("PASS\nok \tno benchmarks to run\n", worstFind); err == nil {
		t.Error("a benchmark that did not run is read")
	}
}

// A run of a part must not take the rest out of README.md.
func TestOnlyAWholeRunWritesREADME(t *testing.T) {
	for args, want := range map[string]string{
		"":                         "README.md",
		"-rounds 1":                "README.md",
		"-all -soak 5m":            "README.md",
		"-only seq/nethttp":        "",
		"-all -only seq/nethttp":   "",
		"-server":                  "",
		"-soak 5m":                 "",
		"-o -":                     "",
		"-o table.md":              "table.md",
		"-only seq/gin -o part.md": "part.md",
	} {
		o, err := parse(strings.Fields(args))
		if err != nil {
			t.Fatal(err)
		}
		if o.output != want {
			t.Errorf("rule: a whole run writes README.md and a part is printed, unless -o says otherwise; %q writes %q, not %q", args, o.output, want)
		}
	}
}

func TestTheReportGoesWhereItBelongs(t *testing.T) {
	o, err := parse([]string{"-rounds", "1", "-benchtime", "2x", "-only", "seq/(nethttp|gin|fiber)/(bare|wechat|scs|golang-jwt|gin-contrib-sessions|fiber-session)$"})
	if err != nil {
		t.Fatal(err)
	}
	o.output = filepath.Join(t.TempDir(), "README.md")
	var out strings.Builder
	if err := write(o, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(o.output)
	if err != nil || out.Len() > 0 {
		t.Fatalf("rule: a report goes into its file alone; %v, printed %q", err, out.String())
	}
	_, summary, _ := strings.Cut(string(text), "## Summary\n")
	summary, _, _ = strings.Cut(summary, "\n## ")
	if rows := strings.Count(summary, "\n| "); rows != 1+5 {
		t.Errorf("rule: the summary has five rows, which the guides show as well; it is\n%s", summary)
	}
	o.output = filepath.Join(t.TempDir(), "no such folder", "README.md")
	if err := write(o, &out, io.Discard); err == nil {
		t.Error("rule: a report that cannot be written is an error")
	}
	o.output = ""
	if err := write(o, &out, io.Discard); err != nil || !strings.Contains(out.String(), "## Summary") {
		t.Errorf("rule: without a file a report is printed; %v", err)
	}
}
