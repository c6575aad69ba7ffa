package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// load is a bounded load: so many connections, kept alive, one request at a time on
// each, for so long.
type load struct {
	Addr        string
	Cookies     []string
	Connections int
	For         time.Duration
	Pause       time.Duration // before each request
}

type loaded struct {
	Requests int
	Took     time.Duration
	P50, P99 time.Duration
}

// fromOutside runs the load in a process of its own, on the CPU that the server
// has not: wrk, or this program again.
func (l load) fromOutside(wrk string) (r loaded, err error) {
	if wrk != "" {
		return l.wrk(wrk)
	}
	c, err := startChild(loadCPU, "load")
	if err != nil {
		return r, err
	}
	if err := c.tell(l); err != nil {
		return r, err
	}
	if err := c.hear(&r); err != nil {
		return r, err
	}
	return r, c.end()
}

// loadTask is a child's: the load is its first line.
func loadTask(_ []string, out *json.Encoder) error {
	var l load
	if err := json.NewDecoder(os.Stdin).Decode(&l); err != nil {
		return err
	}
	r, err := l.run()
	if err != nil {
		return err
	}
	return out.Encode(r)
}

// run is the load in this process.
func (l load) run() (loaded, error) {
	began := time.Now()
	took := make([][]time.Duration, l.Connections)
	errs := make([]error, l.Connections)
	var all sync.WaitGroup
	for i := range l.Connections {
		all.Go(func() { took[i], errs[i] = l.connection(i, began.Add(l.For)) })
	}
	all.Wait()
	times := slices.Concat(took...)
	if err := errors.Join(errs...); err != nil || len(times) == 0 {
		return loaded{}, errors.Join(errors.New("the load failed"), err)
	}
	slices.Sort(times)
	return loaded{len(times), time.Since(began), times[len(times)/2], times[len(times)*99/100]}, nil
}

func (l load) connection(number int, end time.Time) (took []time.Duration, err error) {
	c, err := net.Dial("tcp", l.Addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	// Nothing takes longer than the load and a bit.
	if err := c.SetDeadline(end.Add(10 * time.Second)); err != nil {
		return nil, err
	}
	in := bufio.NewReader(c)
	text := make([][]byte, len(l.Cookies))
	for i, line := range l.Cookies {
		text[i] = raw(page, browserHeaders(), line)
	}
	for i := number * stride % len(text); time.Now().Before(end); i = (i + stride) % len(text) {
		time.Sleep(l.Pause)
		at := time.Now()
		if _, err := c.Write(text[i]); err != nil {
			return nil, err
		}
		if err := readAnswer(in); err != nil {
			return nil, err
		}
		took = append(took, time.Since(at))
	}
	return took, nil
}

// readAnswer reads one response and insists on the fixture's answer.
func readAnswer(in *bufio.Reader) error {
	status, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(string(status), "HTTP/1.1 200 ") {
		return fmt.Errorf("a server answers %q", status)
	}
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
	}
	var body [len(answer)]byte
	if _, err := io.ReadFull(in, body[:]); err != nil {
		return err
	}
	if string(body[:]) != answer {
		return fmt.Errorf("a server answers %q", body)
	}
	return nil
}
