package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/internal/site"
)

// grace is how long requests under way may take after SIGTERM: as long as the library
// gives a callback, so that every exchange of a code comes to its end.
const grace = 10 * time.Second

// node is one process of the site.
type node struct {
	settings settings
	redis    *redis.Client // nil without REDIS_URL
	members  *members
	auth     *core.Auth
	site     *site.Site
	log      *slog.Logger
	stopping atomic.Bool
}

// server is what a framework is run as; *http.Server is one.
type server interface {
	Serve(net.Listener) error
	Shutdown(context.Context) error
}

// frameworks are the values of -framework. They differ in nothing that a visitor sees.
func frameworks() map[string]func(*node) (server, error) {
	return map[string]func(*node) (server, error){"gin": (*node).gin, "fiber": (*node).fiber, "nethttp": (*node).netHTTP}
}

// run serves until ctx ends, and then finishes what is under way.
func run(ctx context.Context, s settings, stderr io.Writer) error {
	n, err := newNode(s, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	defer n.close()
	server, err := frameworks()[s.framework](n)
	if err != nil {
		return err
	}
	var listener net.Listener
	if !s.prefork {
		if listener, err = listen(s.addr, s.sharePort); err != nil {
			return err
		}
		defer listener.Close()
	}
	n.log.Info("listening", "framework", s.framework, "addr", s.addr)
	return n.serve(ctx, server, listener)
}

func newNode(s settings, log *slog.Logger) (*node, error) {
	n := &node{settings: s, log: log}
	config := s.wechat
	config.Logger = log
	config.LoginPath = "/login"
	config.OnLogin, config.Profile = n.onLogin, n.knownProfile
	var err error
	if s.redisURL != "" {
		if n.redis, err = openRedis(s); err != nil {
			return nil, err
		}
		shareThrough(n.redis, &config)
	}
	if n.members, err = openMembers(s.databaseURL, s.file, config.AppID); err != nil {
		n.close()
		return nil, err
	}
	if n.auth, err = core.New(config); err != nil {
		n.close()
		return nil, err
	}
	messages := s.push
	messages.OnFollow, messages.OnUnfollow = n.onFollow, n.onUnfollow
	n.site = site.New(s.framework, "", messages, log).WithScreens(config.ScreenLogin)
	return n, nil
}

// close ends what the node holds, in the reverse order. auth.Close waits for hooks of
// messages from WeChat, which need the table.
func (n *node) close() {
	if n.auth != nil {
		n.auth.Close()
	}
	if n.members != nil {
		n.members.Close()
	}
	if n.redis != nil {
		n.redis.Close()
	}
}

func (n *node) serve(ctx context.Context, server server, listener net.Listener) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("cluster: cannot serve: %w", err)
	case <-ctx.Done():
	}
	n.stopping.Store(true)
	if n.settings.drain > 0 {
		// A load balancer that asks /healthz takes the node out before it stops listening.
		n.log.Info("draining", "for", n.settings.drain)
		time.Sleep(n.settings.drain)
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.Shutdown(end)
	if listener != nil {
		listener.Close() // the server has not seen it yet where ctx ended at once
	}
	<-ended
	if errors.Is(err, context.DeadlineExceeded) {
		n.log.Warn("requests under way were cut off", "after", grace)
		return nil
	}
	return err
}
