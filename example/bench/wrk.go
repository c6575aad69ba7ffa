package main

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// wrk is the load made by wrk, which costs less CPU than ours and so drives a fast
// server to its limit.
func (l load) wrk(program string) (r loaded, err error) {
	args := []string{program, "-t", "1", "-c", strconv.Itoa(l.Connections), "-d", fmt.Sprintf("%ds", max(1, int(l.For.Round(time.Second)/time.Second))), "--latency",
		"-H", "Host: " + host, "-H", "Cookie: " + l.Cookies[0]}
	for _, h := range browserHeaders() {
		args = append(args, "-H", h[0]+": "+h[1])
	}
	args = pinned(loadCPU, append(args, "http://"+l.Addr+page)...)
	text, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil {
		return r, fmt.Errorf("wrk: %w: %s", err, text)
	}
	return readWrk(string(text))
}

var (
	wrkTotal = regexp.MustCompile(`(\d+) requests in ([\d.]+)(\w+)`)
	wrkP50   = regexp.MustCompile(`\s50%\s+([\d.]+)(\w+)`)
	wrkP99   = regexp.MustCompile(`\s99%\s+([\d.]+)(\w+)`)
	wrkFault = regexp.MustCompile(`Non-2xx.*|Socket errors.*`)
)

func readWrk(text string) (r loaded, err error) {
	if fault := wrkFault.FindString(text); fault != "" {
		return r, fmt.Errorf("wrk: %s", fault)
	}
	total, half, nearly := wrkTotal.FindStringSubmatch(text), wrkP50.FindStringSubmatch(text), wrkP99.FindStringSubmatch(text)
	if total == nil || half == nil || nearly == nil {
		return r, fmt.Errorf("wrk: cannot read %q", text)
	}
	var errs [4]error
	r.Requests, errs[0] = strconv.Atoi(total[1])
	r.Took, errs[1] = time.ParseDuration(total[2] + total[3])
	r.P50, errs[2] = time.ParseDuration(half[1] + half[2])
	r.P99, errs[3] = time.ParseDuration(nearly[1] + nearly[2])
	return r, errors.Join(errs[:]...)
}
