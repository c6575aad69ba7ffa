package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisServer is a Redis of our own on a free loopback port, which keeps nothing.
type redisServer struct {
	client  *redis.Client
	process *exec.Cmd
	folder  string
}

// redisClient starts the server if it is not running yet.
func (w *world) redisClient() (*redis.Client, error) {
	if w.redis == nil {
		s, err := startRedis()
		if err != nil {
			return nil, err
		}
		w.redis = s
	}
	return w.redis.client, nil
}

func startRedis() (*redisServer, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("redis-server is missing: install the package redis-server (apt-get install redis-server)")
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := &redisServer{}
	if s.folder, err = os.MkdirTemp("", "bench-redis-"); err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(addr)
	s.process = exec.Command(program, "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", s.folder)
	if err := s.process.Start(); err != nil {
		os.RemoveAll(s.folder)
		return nil, err
	}
	s.client = redis.NewClient(&redis.Options{Addr: addr})
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if err = s.client.Ping(context.Background()).Err(); err == nil {
			return s, nil
		}
		if time.Since(began) > 5*time.Second {
			s.stop()
			return nil, fmt.Errorf("redis-server does not answer: %w", err)
		}
	}
}

func (s *redisServer) stop() {
	s.client.Close()
	s.process.Process.Kill()
	s.process.Wait()
	os.RemoveAll(s.folder)
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// commands is how many commands the server has carried out, but for the asking.
func commands(c *redis.Client) (n int, err error) {
	text, err := c.Info(context.Background(), "commandstats").Result()
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(text) {
		name, rest, found := strings.Cut(line, ":calls=")
		if !found || name == "cmdstat_info" {
			continue
		}
		calls, _, _ := strings.Cut(rest, ",")
		k, err := strconv.Atoi(calls)
		if err != nil {
			return 0, fmt.Errorf("commandstats: %q", line)
		}
		n += k
	}
	return n, nil
}
