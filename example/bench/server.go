package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
)

// The servers that are compared: bare first, so that each round begins with the
// yardstick.
func servers() []measure {
	var all []measure
	for _, name := range []string{
		"nethttp/bare", "nethttp/bare-vary", "nethttp/wechat", "nethttp/wechat-codec", "nethttp/scs", "nethttp/golang-jwt",
		"gin/bare", "gin/bare-vary", "gin/wechat", "gin/scs", "gin/gin-jwt",
		"fiber/bare", "fiber/bare-vary", "fiber/wechat", "fiber/scs-adaptor", "fiber/fiber-session",
	} {
		all = append(all, measure{part: serverPart, name: name,
			run: func(_ *world, o options) (sample, error) { return serverOnce(name, o) }})
	}
	return all
}

const (
	serverCPU, loadCPU = 0, 1
	connections        = 16
	warmUp             = 300 * time.Millisecond
)

// address is what a server tells its parent first.
type address struct {
	Addr    string
	Cookies []string
}

// usage is what a server tells whenever it is asked.
type usage struct {
	CPU        time.Duration
	Heap       uint64
	Goroutines int
}

// ask is what a parent asks a server for. Rest collects garbage before heap and
// goroutines are looked at.
type ask struct{ Rest bool }

// serverOnce measures one server for one short round.
func serverOnce(name string, o options) (sample, error) {
	s, at, err := startServer(serverCPU, name, 1)
	if err != nil {
		return nil, err
	}
	l := load{Addr: at.Addr, Cookies: at.Cookies, Connections: connections}
	l.For = warmUp
	if _, err := l.run(); err != nil {
		return nil, err
	}
	before, err := s.usage(false)
	if err != nil {
		return nil, err
	}
	l.For = o.round
	r, err := l.fromOutside(o.wrk)
	if err != nil {
		return nil, err
	}
	after, err := s.usage(false)
	if err != nil {
		return nil, err
	}
	return sample{
		requestsPerS:  float64(r.Requests) / r.Took.Seconds(),
		cpuPerRequest: micros(after.CPU-before.CPU) / float64(r.Requests),
		p50:           micros(r.P50), p99: micros(r.P99),
	}, s.end()
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func startServer(cpu int, name string, sessions int) (*child, address, error) {
	var at address
	s, err := startChild(cpu, "server", name, strconv.Itoa(sessions))
	if err != nil {
		return nil, at, err
	}
	return s, at, s.hear(&at)
}

func (c *child) usage(rest bool) (u usage, err error) {
	if err := c.tell(ask{rest}); err != nil {
		return u, err
	}
	return u, c.hear(&u)
}

// serve is a server's task: a contestant and the number of its sessions.
func serve(args []string, out *json.Encoder) error {
	w, err := newWorld()
	if err != nil {
		return err
	}
	defer w.close()
	c, err := contestantNamed(args[0])
	if err != nil {
		return err
	}
	sessions, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	e, err := measure{name: c.name, open: func(w *world) (*entrant, error) { return c.open(w, sessions) }}.ready(w)
	if err != nil {
		return err
	}
	defer e.close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	if e.fast != nil {
		s := &fasthttp.Server{Handler: e.fast, NoDefaultServerHeader: true}
		go s.Serve(l)
	} else {
		s := &http.Server{Handler: e.handler, ReadHeaderTimeout: time.Minute}
		go s.Serve(l)
	}
	if err := out.Encode(address{l.Addr().String(), e.cookies}); err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var q ask
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return err
		}
		u, err := used(q.Rest)
		if err != nil {
			return err
		}
		if err := out.Encode(u); err != nil {
			return err
		}
	}
	return nil
}

func used(rest bool) (usage, error) {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return usage{}, fmt.Errorf("getrusage: %w", err)
	}
	u := usage{CPU: time.Duration(r.Utime.Nano() + r.Stime.Nano()), Goroutines: runtime.NumGoroutine()}
	if rest {
		u.Heap = heap()
	}
	return u, nil
}
