package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// redisServer is a Redis of a test's own.
type redisServer struct {
	address   string
	folder    string
	arguments []string
	command   *exec.Cmd
	client    *redis.Client
}

// startRedis starts one that hands everything to the kernel before it answers, so that it
// knows after a crash what it knew before. arguments are further settings.
func startRedis(t testing.TB, arguments ...string) *redisServer {
	t.Helper()
	r := &redisServer{address: freeAddress(t), folder: t.TempDir(), arguments: arguments}
	r.client = redis.NewClient(&redis.Options{Addr: r.address, MaxRetries: -1, DialerRetries: 1, DisableIdentity: true})
	t.Cleanup(func() { r.client.Close() })
	t.Cleanup(r.kill)
	r.start(t)
	return r
}

func (r *redisServer) url() string { return "redis://" + r.address + "/0" }

func (r *redisServer) port() string {
	_, port, _ := net.SplitHostPort(r.address)
	return port
}

func (r *redisServer) start(t testing.TB) {
	t.Helper()
	r.command = exec.Command("redis-server", append([]string{"--bind", "127.0.0.1", "--port", r.port(), "--dir", r.folder,
		"--save", "", "--appendonly", "yes", "--appendfsync", "no"}, r.arguments...)...)
	background(t, r.command)
	if !await(func() bool { return r.client.Ping(context.Background()).Err() == nil }) {
		t.Fatal("redis-server does not answer")
	}
}

func (r *redisServer) kill() {
	if r.command != nil {
		r.command.Process.Signal(syscall.SIGCONT)
		r.command.Process.Kill()
		r.command.Wait()
		r.command = nil
	}
}

func (r *redisServer) hang()   { r.command.Process.Signal(syscall.SIGSTOP) }
func (r *redisServer) resume() { r.command.Process.Signal(syscall.SIGCONT) }

// commands is how often each command was called since the last reset, by Redis's own
// counters. What a connection says when it is opened, and what the test itself asks, is
// left out.
func (r *redisServer) commands(t testing.TB) map[string]int {
	t.Helper()
	text, err := r.client.Info(context.Background(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]int{}
	for line := range strings.Lines(text) {
		name, rest, found := strings.Cut(strings.TrimPrefix(line, "cmdstat_"), ":calls=")
		if !found {
			continue
		}
		number, _, _ := strings.Cut(rest, ",")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatalf("commandstats: %q", line)
		}
		switch name {
		case "info", "config|resetstat", "hello", "client|setinfo", "select", "ping", "client|maint_notifications":
		default:
			calls[name] = n
		}
	}
	return calls
}

func (r *redisServer) resetCounters(t testing.TB) {
	t.Helper()
	if err := r.client.ConfigResetStat(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
}

// startSentinel starts a Redis Sentinel that watches a master under the name "cluster"
// and decides alone.
func startSentinel(t testing.TB, master *redisServer) *redisServer {
	t.Helper()
	s := &redisServer{address: freeAddress(t), folder: t.TempDir()}
	s.client = redis.NewClient(&redis.Options{Addr: s.address, MaxRetries: -1, DialerRetries: 1, DisableIdentity: true})
	t.Cleanup(func() { s.client.Close() })
	t.Cleanup(s.kill)
	conf := s.folder + "/sentinel.conf"
	text := "port " + s.port() + "\nbind 127.0.0.1\ndir " + s.folder + "\nsentinel monitor cluster 127.0.0.1 " + master.port() + " 1\n" +
		"sentinel down-after-milliseconds cluster 500\nsentinel failover-timeout cluster 5000\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.command = exec.Command("redis-server", conf, "--sentinel")
	background(t, s.command)
	// A failover needs a replica, of which Sentinel learns from the master.
	if !await(func() bool {
		replicas, err := s.client.Do(context.Background(), "SENTINEL", "REPLICAS", "cluster").Slice()
		return err == nil && len(replicas) == 1
	}) {
		t.Fatal("Sentinel does not see the replica")
	}
	return s
}
