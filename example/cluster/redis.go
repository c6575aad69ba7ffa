package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/redis/go-redis/v9"

	"github.com/seed467724c4/wechat/core"
)

const (
	// redisPatience is how long a node waits for a connection to Redis, and for an
	// answer. The library itself ends each command after 500 ms, so the visitor sees
	// the "unavailable" page (503) after that time.
	redisPatience = time.Second
	// redisConnections is how many commands of one node may run at once. Redis answers
	// in well under a millisecond; while it hangs, every further request waits for a
	// free connection until its own 500 ms are over.
	redisConnections = 64
	// sessionLife is how long a visitor stays logged in.
	sessionLife = 30 * 24 * time.Hour
)

// openRedis makes the client. It does not connect: a node must start while Redis is
// away, or a restart of everything would depend on the order.
func openRedis(s settings) (*redis.Client, error) {
	o, err := redis.ParseURL(s.redisURL)
	if err != nil {
		return nil, fmt.Errorf("cluster: REDIS_URL: %w", err)
	}
	// The defaults try each command 4 times and each dial 5 times, which makes a cut
	// link cost 6 to 10 s. One try is right here: the visitor's browser tries again.
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = redisPatience, redisPatience, redisPatience
	o.ContextTimeoutEnabled = true // otherwise the library's 500 ms do not count
	o.PoolSize = redisConnections
	o.PoolTimeout = redisPatience
	o.MinIdleConns = 2 // so that the first requests after a start do not wait for a dial
	// Sends no CLIENT SETINFO: one command less for each new connection.
	o.DisableIdentity = true
	if len(s.sentinels) == 0 {
		return redis.NewClient(o), nil
	}
	master, _, _ := strings.Cut(o.Addr, ":")
	return redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: master, SentinelAddrs: s.sentinels,
		Username: o.Username, Password: o.Password, DB: o.DB, TLSConfig: o.TLSConfig,
		MaxRetries: o.MaxRetries, DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout,
		ContextTimeoutEnabled: true, PoolSize: o.PoolSize, PoolTimeout: o.PoolTimeout, MinIdleConns: o.MinIdleConns,
		DisableIdentity: true,
	}), nil
}

// shareThrough keeps sessions and shared results in Redis, where all nodes see them.
func shareThrough(client *redis.Client, config *core.Config) {
	m := scs.New()
	m.Store = newStore(client, "wechat:session:")
	m.Codec = core.Codec{}                   // a logged-in request decodes nothing but the user
	m.HashTokenInStore = true                // who reads Redis can take over nobody's session
	m.Lifetime = sessionLife                 // no IdleTimeout: a logged-in request only reads
	m.Cookie.HttpOnly = true                 //
	m.Cookie.Persist = true                  // WeChat's browser ends often
	m.Cookie.Path = "/"                      //
	m.Cookie.Name = "session"                //
	m.Cookie.SameSite = http.SameSiteLaxMode // the way back from WeChat is cross-site
	if strings.HasPrefix(config.PublicURL, "https:") {
		m.Cookie.Secure, m.Cookie.Name = true, "__Host-session"
	}
	config.Sessions = m
	config.Cache = newStore(client, "wechat:cache:")
}
