package main

import (
	"context"
	"os"
	"testing"

	"github.com/redis/go-redis/v9"
)

// TestMain makes the test's own binary a node, so that the nodes of the tests are what
// was compiled just now.
func TestMain(m *testing.M) {
	if os.Getenv("CLUSTER_TEST_NODE") != "" {
		os.Exit(command(os.Args[1:]))
	}
	redis.SetLogger(silent{}) // it would print that a Redis that a test has killed is away
	code := m.Run()
	stopPostgres()
	os.Exit(code)
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
