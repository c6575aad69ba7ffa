package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/seed467724c4/wechat/core"
)

const (
	loginTask    = "login"
	loginCPUTask = "login-cpu"

	// away is how long the visitor is at WeChat: two redirects and the page between. A
	// visitor who is back before the handshakes are done waits for the rest of them.
	away = 500 * time.Millisecond

	loginSection = "<!-- logins: written by go run -C example/bench . -login -->"
	loginEnd     = "<!-- end of logins -->"
)

var loginDelays = []time.Duration{20 * time.Millisecond, 60 * time.Millisecond, 200 * time.Millisecond}

// loginCell is one figure of the table.
type loginCell struct {
	Peer   string
	RTT    time.Duration
	Scope  string
	Warm   bool
	Median time.Duration
}

// measureLogins asks each peer in a process of its own, all of them at once: a login
// mostly waits.
func measureLogins(o options, progress io.Writer) ([]loginCell, error) {
	w, err := newLoginWorld()
	if err != nil {
		return nil, err
	}
	defer w.close()
	var cells []loginCell
	for _, rtt := range loginDelays {
		var mu sync.Mutex
		var all sync.WaitGroup
		var failed error
		for i := range loginPeers {
			all.Go(func() {
				of, err := w.inChild(rtt, loginTask, strconv.Itoa(i), rtt.String(), strconv.Itoa(o.loginRounds))
				mu.Lock()
				defer mu.Unlock()
				cells = append(cells, of...)
				failed = cmp.Or(failed, err)
			})
		}
		all.Wait()
		if failed != nil {
			return nil, failed
		}
		fmt.Fprintf(progress, "logins over %v\n", rtt)
	}
	return cells, nil
}

// inChild runs a task against the simulator behind a link.
func (w *loginWorld) inChild(rtt time.Duration, task ...string) (cells []loginCell, err error) {
	l, err := newLink(w.server.Listener.Addr().String(), rtt)
	if err != nil {
		return nil, err
	}
	defer l.close()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), childTask+"="+strings.Join(append(task, l.addr(), w.codes.URL), " "), "SSL_CERT_FILE="+w.cert, "SSL_CERT_DIR=/nowhere")
	child.Stderr = os.Stderr
	out, err := child.Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %w", task, err)
	}
	return cells, json.Unmarshal(out, &cells)
}

// loginsTask is the child: PEER RTT ROUNDS API CODES.
func loginsTask(args []string, out *json.Encoder) error {
	n, _ := strconv.Atoi(args[0])
	rtt, _ := time.ParseDuration(args[1])
	rounds, _ := strconv.Atoi(args[2])
	api, codes := args[3], args[4]
	peer := loginPeers[n]
	var cells []loginCell
	for _, scope := range []string{string(core.Silent), string(core.Prompt)} {
		if scope == string(core.Silent) && !peer.silent {
			continue
		}
		for _, warm := range []bool{false, true} {
			var took []time.Duration
			for range rounds {
				d, err := oneLogin(peer.make, api, codes, scope, warm)
				if err != nil {
					return fmt.Errorf("%s: %w", peer.name, err)
				}
				took = append(took, d)
			}
			slices.Sort(took)
			cells = append(cells, loginCell{peer.name, rtt, scope, warm, took[len(took)/2]})
		}
	}
	return out.Encode(cells)
}

// oneLogin measures the first login of a process, or the second one.
func oneLogin(newPeer func(string) (*loginPeer, error), api, codes, scope string, warm bool) (time.Duration, error) {
	p, err := newPeer(api)
	if err != nil {
		return 0, err
	}
	defer p.close()
	if warm {
		if _, err := p.visit(codes, scope, away); err != nil {
			return 0, err
		}
	}
	return p.visit(codes, scope, away)
}

// visit is a visitor who goes to WeChat and comes back. It returns how long the
// callback takes.
func (p *loginPeer) visit(codes, scope string, away time.Duration) (time.Duration, error) {
	if p.start != nil {
		if err := p.start(scope); err != nil {
			return 0, err
		}
	}
	code, err := mintCode(context.Background(), codes, scope)
	if err != nil {
		return 0, err
	}
	time.Sleep(away)
	begun := time.Now()
	err = p.login(context.Background(), code, scope)
	return time.Since(begun), err
}

// loginCPU is what a login costs this side in CPU time.
type loginCPU struct {
	What string
	Each time.Duration
}

// loginCPUChild is the child: PEER LOGINS KEEP PROFILE API CODES. It prints the CPU
// time of a silent login, without what minting a code costs.
func loginCPUChild(args []string, out *json.Encoder) error {
	n, _ := strconv.Atoi(args[0])
	logins, _ := strconv.Atoi(args[1])
	keep, profile, api, codes := args[2] == "keep", args[3], args[4], args[5]
	p, err := loginPeers[n].make(api)
	if err != nil {
		return err
	}
	defer p.close()
	list := make([]string, logins)
	for i := range list {
		if list[i], err = mintCode(context.Background(), codes, string(core.Silent)); err != nil {
			return err
		}
	}
	if profile != "-" {
		file, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	begun := cpuTime()
	for _, code := range list {
		if p.start != nil {
			if err := p.start(string(core.Silent)); err != nil {
				return err
			}
		}
		if !keep && p.idle != nil {
			p.idle()
		}
		if err := p.login(context.Background(), code, string(core.Silent)); err != nil {
			return err
		}
	}
	return out.Encode([]loginCell{{Peer: loginPeers[n].name, Median: (cpuTime() - begun) / time.Duration(logins)}})
}

// cpuTime is the CPU time of this process so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measureLoginCPU compares our login with the least a login can do.
func measureLoginCPU(o options) ([]loginCPU, error) {
	w, err := newLoginWorld()
	if err != nil {
		return nil, err
	}
	defer w.close()
	profile := cmp.Or(o.loginProfile, "-")
	var all []loginCPU
	for _, c := range []struct{ what, peer, keep, profile string }{
		{"this library: redirect, exchange on a connection of its own, session, redirect", "0", "new", profile},
		{"net/http alone: exchange on a new connection, JSON", "1", "new", "-"},
		{"net/http alone: exchange on a kept connection, JSON", "1", "keep", "-"},
	} {
		cells, err := w.inChild(0, loginCPUTask, c.peer, "1000", c.keep, c.profile)
		if err != nil {
			return nil, err
		}
		all = append(all, loginCPU{c.what, cells[0].Median})
	}
	return all, nil
}
