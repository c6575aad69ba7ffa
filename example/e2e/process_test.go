package e2e

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startTime = 20 * time.Second // until a process must listen, on a busy machine
	stopTime  = 10 * time.Second // from SIGTERM until it must have ended
	pollEvery = 20 * time.Millisecond
)

// process is a server under test.
type process struct {
	cmd   *exec.Cmd
	out   output
	ended chan struct{}
	err   error // how it ended; read it after ended
}

// start runs a server and returns when it takes connections at addr. Its
// environment is env and nothing of ours, so that no WECHAT_ variable of a
// developer's shell gets in. What still runs when the test ends is killed.
func start(t *testing.T, addr string, cmd *exec.Cmd, env ...string) *process {
	t.Helper()
	p := &process{cmd: cmd, ended: make(chan struct{})}
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	cmd.Stdout, cmd.Stderr = &p.out, &p.out
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill() // an error means that it has ended
		<-p.ended
		if t.Failed() {
			t.Logf("output of %s:\n%s", filepath.Base(cmd.Path), p.out.String())
		}
	})
	p.awaitListening(t, addr)
	return p
}

func (p *process) awaitListening(t *testing.T, addr string) {
	t.Helper()
	deadline := time.After(startTime)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if conn, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-p.ended:
			t.Fatalf("it ended before it listened: %v", p.err)
		case <-deadline:
			t.Fatalf("nothing listens at %s after %s", addr, startTime)
		}
	}
}

// stop asks the process to end, as an operator or a container runtime does, and
// says how it did.
func (p *process) stop(t *testing.T) error {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("it had ended by itself: %v", err)
	}
	select {
	case <-p.ended:
	case <-time.After(stopTime):
		t.Fatalf("it still runs %s after SIGTERM", stopTime)
	}
	return p.err
}

// output keeps what a process writes, to be read while it runs.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
