package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

const (
	appID  = "wx0123456789abcdef"
	secret = "made-up-secret-of-the-cluster"
	token  = "token4theCluster"
	aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// patience bounds waiting for something that must happen. It is no measure of speed:
// a test that waits so long has failed.
const patience = 60 * time.Second

// long says whether tests run at full length, which takes minutes.
func long() bool { return os.Getenv("CLUSTER_LONG") != "" }

// many is a number for the full length or for every day.
func many(full, short int) int {
	if long() {
		return full
	}
	return short
}

// world is a cluster: three nodes behind nginx, with their Redis and their database,
// and the WeChat that they know.
type world struct {
	*wxsim.Sim
	wechat   string // its address
	redis    *redisServer
	database string
	proxy    *proxy
	nodes    []*process
	settings map[string]string // environment of every node
}

// people is who can log in. Half of them follow the account.
func people(n int) []wxsim.Person {
	all := make([]wxsim.Person, n)
	for i := range all {
		all[i] = wxsim.Person{ID: person(i), Nickname: fmt.Sprintf("访客 %d", i), Follows: i%2 == 0}
	}
	return all
}

func person(i int) string { return fmt.Sprintf("p%04d", i) }

// options change a world from its defaults.
type options struct {
	people     int
	frameworks []string // of the nodes; default one of each
	noRedis    bool
	redis      *redisServer
	settings   map[string]string
	balance    string // directive for the upstream block; default none: round robin
}

// newWorld starts everything and waits until it serves.
func newWorld(t *testing.T, o options) *world {
	t.Helper()
	w := &world{redis: o.redis}
	account := wxsim.Account{AppID: appID, Secret: secret, Domain: "localhost", Name: "集群"}
	sim, address, stop, err := wxsim.Start(wxsim.Config{Accounts: []wxsim.Account{account}, People: people(max(o.people, 1))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	w.Sim, w.wechat = sim, address
	if w.redis == nil && !o.noRedis {
		w.redis = startRedis(t)
	}
	w.database = newDatabase(t)
	if len(o.frameworks) == 0 {
		o.frameworks = []string{"gin", "fiber", "nethttp"}
	}
	for _, framework := range o.frameworks {
		w.nodes = append(w.nodes, &process{world: w, framework: framework, address: freeAddress(t)})
	}
	w.proxy = newProxy(t, w.addresses(), o.balance)
	w.settings = map[string]string{
		"WECHAT_APP_ID": appID, "WECHAT_APP_SECRET": secret, "WECHAT_PUBLIC_URL": w.proxy.site,
		"WECHAT_OPEN_URL": w.wechat, "WECHAT_API_URL": w.wechat,
		"WECHAT_PUSH_TOKEN": token, "WECHAT_ENCODING_AES_KEY": aesKey,
		"DATABASE_URL": w.database,
	}
	if w.redis != nil {
		w.settings["REDIS_URL"] = w.redis.url()
	}
	for name, value := range o.settings {
		w.settings[name] = value
	}
	for _, n := range w.nodes {
		n.start(t)
		t.Cleanup(n.kill)
	}
	for _, n := range w.nodes {
		n.awaitReady(t)
	}
	w.proxy.start(t)
	return w
}

func (w *world) addresses() (all []string) {
	for _, n := range w.nodes {
		all = append(all, n.address)
	}
	return all
}

// environment is the world's settings and a node's own over what a program needs of
// this process's.
func (w *world) environment(own map[string]string) (all []string) {
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "WECHAT_") && !slices.Contains([]string{"ADDR", "DB", "DRAIN"}, strings.SplitN(pair, "=", 2)[0]) {
			all = append(all, pair)
		}
	}
	for _, settings := range []map[string]string{w.settings, own} {
		for name, value := range settings {
			all = append(all, name+"="+value)
		}
	}
	return append(all, "CLUSTER_TEST_NODE=1")
}

// logs holds what nodes printed against a rule that is everybody's: nothing secret.
func (w *world) logs() string {
	var all strings.Builder
	for _, n := range w.nodes {
		all.WriteString(n.log.String())
	}
	return all.String()
}

func randomName() string { return strings.ToLower(rand.Text()[:10]) }
