package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// state is what became of a change.
type state int

const (
	alive  state = iota // no test noticed it
	killed              // a test failed
	hung                // the tests did not come to their end, which is noticed, too
)

// jobs is how many test runs go on at once.
const jobs = 2

// test runs the tests of one package on every change that is alive.
func (r *result) test(p *room, pkg, work string) error {
	var switched, alone []*mutant
	for _, m := range r.mutants {
		switch {
		case m.state != alive:
		case m.alone == nil:
			switched = append(switched, m)
		default:
			alone = append(alone, m)
		}
	}
	if len(switched)+len(alone) == 0 {
		return nil
	}
	all, err := build(p, switched, pkg, work)
	if err != nil {
		return err
	}
	if err := all.measure(r.least); err != nil {
		return err
	}
	r.left = append(r.left, all.left...)
	todo := make(chan *mutant)
	var wait sync.WaitGroup
	for range jobs {
		wait.Go(func() {
			for m := range todo {
				if m.state = all.run(m.id); m.state != alive {
					m.by = pkg
				}
			}
		})
	}
	for _, m := range switched {
		todo <- m
	}
	close(todo)
	wait.Wait()
	for _, m := range alone {
		one, err := build(p, []*mutant{m}, pkg, work)
		if err != nil {
			m.state, m.by = killed, pkg // a test of this package does not compile with it
			continue
		}
		one.limit, one.skip = all.limit, all.skip
		if m.state = one.run(0); m.state != alive {
			m.by = pkg
		}
	}
	return nil
}

// binary is the tests of one package, compiled.
type binary struct {
	path, dir, pkg string
	limit          time.Duration
	skip           string
	left           []string // tests that fail without any change, because of the switches
}

func build(p *room, chosen []*mutant, pkg, work string) (*binary, error) {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	put := func(path string, text []byte) error {
		to := filepath.Join(work, fmt.Sprintf("%d.go", len(overlay.Replace)))
		overlay.Replace[path] = to
		return os.WriteFile(to, text, 0o600)
	}
	if err := put(filepath.Join(p.dir, switchFile), p.switchText()); err != nil {
		return nil, err
	}
	for f, text := range p.switched(chosen) {
		if err := put(f.path, text); err != nil {
			return nil, err
		}
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(work, "overlay.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		return nil, err
	}
	b := &binary{path: filepath.Join(work, "tests"), dir: pkg, pkg: pkg}
	out, err := exec.Command("nice", "go", "test", "-c", "-vet=off", "-overlay", file, "-o", b.path, "./"+pkg).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("build the tests of %s: %w\n%s", pkg, err, out)
	}
	return b, nil
}

// measure runs the tests without any change. A test that fails then counts allocations,
// which the switches cost; it is left out.
func (b *binary) measure(least time.Duration) error {
	b.limit = 10 * time.Minute
	began := time.Now()
	out, err := b.start(0, false)
	b.limit = max(least, 6*time.Since(began))
	if err == nil {
		return nil
	}
	for _, m := range regexp.MustCompile(`(?m)^--- FAIL: (\w+)`).FindAllStringSubmatch(out, -1) {
		b.left = append(b.left, m[1])
	}
	b.skip = "^(" + strings.Join(b.left, "|") + ")$"
	if out, err = b.start(0, true); err != nil || len(b.left) == 0 {
		return fmt.Errorf("the tests of %s fail without any change: %w\n%s", b.pkg, err, out)
	}
	return nil
}

func (b *binary) run(change int) state {
	out, err := b.start(change, true)
	switch {
	case err == nil:
		return alive
	case strings.Contains(out, "test timed out") || errors.Is(err, context.DeadlineExceeded):
		return hung
	}
	return killed
}

// start runs the tests politely, and with a bound on memory: a change may make a loop
// endless.
func (b *binary) start(change int, failFast bool) (output string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), b.limit+10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", `ulimit -v 8000000; exec nice "$0" "$@"`, b.path,
		"-test.short", "-test.timeout="+b.limit.String(), fmt.Sprintf("-test.failfast=%t", failFast), "-test.skip="+b.skip)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("MUTANT=%d", change))
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return string(out), err
}
