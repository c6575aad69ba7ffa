package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is one node of a world.
type process struct {
	world     *world
	framework string
	address   string
	arguments []string
	own       map[string]string // settings of this node alone
	log       journal

	mu      sync.Mutex
	command *exec.Cmd
	ended   chan struct{}
}

// start does not wait until the node serves.
func (p *process) start(t testing.TB) {
	t.Helper()
	if err := p.launch(); err != nil {
		t.Fatal(err)
	}
}

func (p *process) launch() error {
	own := map[string]string{"ADDR": p.address}
	for name, value := range p.own {
		own[name] = value
	}
	c := exec.Command(os.Args[0], append([]string{"-framework", p.framework}, p.arguments...)...)
	c.Env = p.world.environment(own)
	c.Stdout, c.Stderr = &p.log, &p.log
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := c.Start(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ended := make(chan struct{})
	p.command, p.ended = c, ended
	go func() { c.Wait(); close(ended) }()
	return nil
}

// awaitReady waits until the node answers /healthz.
func (p *process) awaitReady(t testing.TB) {
	t.Helper()
	if !p.ready() {
		t.Fatalf("the node %s does not start:\n%s", p.framework, p.log.String())
	}
}

func (p *process) ready() bool {
	serves := false
	await(func() bool {
		select {
		case <-p.ended:
			return true
		default:
		}
		answer, err := http.Get("http://" + p.address + "/healthz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		serves = answer.StatusCode == http.StatusOK
		return serves
	})
	return serves
}

// signal sends a signal to the node, and to what it has started.
func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.command != nil {
		select {
		case <-p.ended:
		default:
			syscall.Kill(-p.command.Process.Pid, s)
		}
	}
}

// kill ends the node as a crash does, and waits until it is gone.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	p.wait()
}

// stop ends the node as a deploy does.
func (p *process) stop() {
	p.signal(syscall.SIGTERM)
	p.wait()
}

func (p *process) wait() {
	p.mu.Lock()
	ended := p.ended
	p.mu.Unlock()
	if ended != nil {
		<-ended
	}
}

// await polls until something holds. It is false after the test's patience.
func await(holds func() bool) bool {
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return true
		}
	}
	return false
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// journal keeps what a process prints.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// background starts a program that ends with the test.
func background(t testing.TB, c *exec.Cmd) {
	t.Helper()
	if c.SysProcAttr == nil {
		c.SysProcAttr = &syscall.SysProcAttr{}
	}
	c.SysProcAttr.Pdeathsig = syscall.SIGKILL
	if err := c.Start(); err != nil {
		t.Fatal(fmt.Errorf("%s is needed, see .ci/run: %w", c.Path, err))
	}
}
