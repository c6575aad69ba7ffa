// Command wxsim runs the WeChat login simulator of package wxsim on a laptop.
//
//	go run github.com/seed467724c4/wechat/core/cmd/wxsim -domain localhost
//
// It prints its address and the environment lines for the application, and
// ends on an interrupt. Everybody who can reach it can log in as anybody, so
// it listens on the loopback interface unless told otherwise.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
