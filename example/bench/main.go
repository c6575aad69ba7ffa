// Command bench measures what a logged-in request costs behind this library, and
// what it costs behind others:
//
//	go run .                     requests and counts, in this process
//	go run . -server             whole servers, in processes of their own
//	go run . -memory             1,000,000 sessions, in processes of their own
//	go run . -login              what a visitor waits for at a login, beside other libraries
//	go run . -soak 5m            heap and goroutines of each adapter under a load that goes on
//	go run . -all -soak 5m       everything
//
// -login replaces its own section of README.md and leaves the rest as it is; the other
// runs leave that section as it is. It is not part of -all.
//
// The first and the last write README.md into the folder they run in, which is this
// one with "go run -C example/bench .". A run that measures only a part prints it, so
// that it does not take the rest out of README.md; -o names another file, "-" for the
// terminal.
//
// Every contestant is measured once in each round, so that a noisy neighbour hits
// all of them; ratios are taken within a round, and the table shows their medians.
// Compare ratios of one run, never nanoseconds of two. The same measures are
// benchmarks: go test -bench . -benchmem.
//
// It needs redis-server, and takes wrk and taskset where they are installed.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"
)

type options struct {
	rounds   int
	only     *regexp.Regexp
	parts    map[part]bool
	round    time.Duration // of a server
	wrk      string        // "" for the load generator of our own
	sessions int
	soak     time.Duration
	output   string // a file; "" for the terminal

	login        bool
	loginRounds  int
	loginProfile string // a file for pprof; "" for none
}

func main() {
	testing.Init()                                 // testing.Benchmark reads its flags
	slog.SetDefault(slog.New(slog.DiscardHandler)) // gin-contrib logs every forged session
	if isChild() {
		return
	}
	o, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if err := write(o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// write puts the report where it belongs, and nothing into a file before there is a
// whole one.
func write(o options, stdout, progress io.Writer) error {
	if o.login {
		return writeLogins(o, stdout, progress)
	}
	var report bytes.Buffer
	if err := run(o, &report, progress); err != nil {
		return err
	}
	if o.output == "" {
		_, err := report.WriteTo(stdout)
		return err
	}
	if old, err := os.ReadFile(o.output); err == nil {
		if _, logins, _ := cutLogins(string(old)); logins != "" {
			report.WriteString("\n" + logins)
		}
	}
	return os.WriteFile(o.output, report.Bytes(), 0o644)
}

// defaults are also what the benchmarks use.
func defaults() options {
	o := options{rounds: 6, round: 2 * time.Second, sessions: 1000000, soak: 20 * time.Second}
	o.wrk, _ = exec.LookPath("wrk")
	return o
}

func parse(args []string) (options, error) {
	o := defaults()
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&o.rounds, "rounds", o.rounds, "how often everything is measured")
	benchtime := f.String("benchtime", "1s", "how long a request is measured in one round, as for go test")
	only := f.String("only", "", "measure only what this `regexp` matches, such as seq/nethttp")
	server := f.Bool("server", false, "compare whole servers")
	memory := f.Bool("memory", false, "weigh a million sessions")
	soak := f.Duration("soak", 0, "hold a load for so `long` and watch heap and goroutines")
	f.BoolVar(&o.login, "login", false, "measure logins")
	f.IntVar(&o.loginRounds, "login-rounds", 20, "how often each login is measured")
	f.StringVar(&o.loginProfile, "login-profile", "", "write a CPU profile of our logins to this `file`")
	all := f.Bool("all", false, "measure everything")
	f.DurationVar(&o.round, "round", o.round, "how long a server is measured in one round")
	f.IntVar(&o.sessions, "sessions", o.sessions, "how many sessions a million is")
	own := f.Bool("own-load", false, "use our own load generator even where wrk is installed")
	output := f.String("o", "", "the `file` to write, - for the terminal; README.md for a run of everything, else the terminal")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("what is %q? see -help", f.Args())
	}
	if err := flag.Set("test.benchtime", *benchtime); err != nil {
		return o, err
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return o, err
	}
	if *own {
		o.wrk = ""
	}
	if *soak > 0 {
		o.soak = *soak
	}
	here := !*server && !*memory && *soak == 0
	o.parts = map[part]bool{
		requestPart: *all || here, countPart: *all || here,
		serverPart: *all || *server, memoryPart: *all || *memory, soakPart: *all || *soak > 0,
	}
	switch {
	case *output == "-":
	case o.login && *output == "":
		o.output = "README.md"
	case *output != "":
		o.output = *output
	case *only == "" && o.parts[requestPart]:
		o.output = "README.md"
	}
	return o, nil
}

func run(o options, out, progress io.Writer) error {
	w, err := newWorld()
	if err != nil {
		return err
	}
	defer w.close()
	r, err := rounds(w, o, progress)
	if err != nil {
		return err
	}
	report(out, r, o)
	return nil
}
