// Command wxsim runs the WeChat simulator of package wxsim as a program, for
// applications in any language. It decides how the program is configured and where it
// listens. It never decides what WeChat answers; package wxsim does. Of this module it
// imports core/wxsim only.
//
//	go run github.com/seed467724c4/wechat/core/cmd/wxsim
//
// Without flags it listens on 127.0.0.1:8089 and knows two Official Accounts,
// one website application and four people. These are a contract that scripts
// can rely on:
//
//	account              wx0123456789abcdef  0123456789abcdef0123456789abcdef
//	second account       wxabcdef0123456789  abcdef0123456789abcdef0123456789
//	website application  wxfedcba9876543210  fedcba9876543210fedcba9876543210
//
// Each has the registered domain localhost, with any port. It prints the
// environment lines for the application, and ends on an interrupt. Tests control
// it over HTTP; http://127.0.0.1:8089/_sim/openapi.json describes how.
//
// Everybody who can reach it can log in as anybody, so it listens on the
// loopback interface unless -lan or -insecure-listen is given.
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
