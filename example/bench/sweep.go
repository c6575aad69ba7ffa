package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

const library = "github.com/seed467724c4/wechat"

// sweepOnce runs one contestant of the library's own BenchmarkSweep: the library's
// store has no public face, so only its own tests can fill it, and they fill scs's
// memstore in the same way.
func sweepOnce(who string, sessions int) (sample, error) {
	at, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", library).Output()
	if err != nil {
		return nil, fmt.Errorf("where the library lies: %w", err)
	}
	test := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkSweep$/^"+who+"$", "-benchtime", "1x", "-count", "1", "./core/internal/session")
	test.Dir = strings.TrimSpace(string(at))
	test.Env = append(os.Environ(), "SWEEP_SESSIONS="+strconv.Itoa(sessions))
	out, err := test.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return readBenchmark(string(out), worstFind)
}

// readBenchmark reads one unit of the only benchmark in what go test prints.
func readBenchmark(text, unit string) (sample, error) {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "Benchmark") {
			continue
		}
		fields := strings.Fields(line)
		for i := 2; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil && fields[i+1] == unit {
				return sample{unit: v}, nil
			}
		}
	}
	return nil, fmt.Errorf("go test printed no %s:\n%s", unit, text)
}
