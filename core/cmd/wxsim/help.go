package main

import (
	"flag"
	"fmt"
	"io"
)

// printHelp is what -h prints: what the program is, how to begin, and the flags by
// what they are for.
func printHelp(w io.Writer, f *flag.FlagSet) {
	fmt.Fprint(w, `wxsim plays WeChat (微信) on this computer: the login pages of open.weixin.qq.com,
the API of api.weixin.qq.com and the messages that WeChat pushes. No account, no
phone and no network are needed. It is a simulator: never give it a real AppSecret.

Begin:
  1. wxsim                                   it prints ids, secrets and lines to paste
  2. paste the lines of your language into the application, and start that
  3. open the application in any browser, log in, and watch http://127.0.0.1:8089/

A test in any language asks for what goes wrong, here for a code that was used twice:
  curl -d '{"name":"40163"}' -H 'Content-Type: application/json' http://127.0.0.1:8089/_sim/faults
All of it is described at http://127.0.0.1:8089/_sim/openapi.json

`)
	groups := []struct {
		title string
		names []string
	}{
		{"The first account", []string{"app-id", "app-secret", "domain", "name", "app-url", "push-url", "push-token", "encoding-aes-key"}},
		{"More accounts and people", []string{"config"}},
		{"Where it listens", []string{"addr", "lan", "host", "insecure-listen"}},
		{"For clients that know WeChat's own hosts only", []string{"tls", "tls-addr"}},
		{"How strict it is", []string{"any-browser", "any-order", "strict-port", "refusal", "json"}},
		{"For tests that compare what was sent", []string{"seed"}},
	}
	for _, g := range groups {
		fmt.Fprintf(w, "%s:\n", g.title)
		for _, name := range g.names {
			printFlag(w, f.Lookup(name))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, `A -config file looks like this; every name is that of a field of wxsim.Account or
wxsim.Person in lower case:
  {"accounts": [{"app_id": "wx0123456789abcdef", "secret": "made-up", "domain": "localhost"}],
   "people":   [{"id": "mei", "nickname": "小美🌸", "follows": true}]}

Guide: https://pkg.go.dev/github.com/seed467724c4/wechat/core/wxsim
`)
}

// printFlag prints a flag on two lines: its name and value, then what it does.
func printFlag(w io.Writer, f *flag.Flag) {
	kind, usage := flag.UnquoteUsage(f)
	fmt.Fprintf(w, "  -%s", f.Name)
	if kind != "" {
		fmt.Fprintf(w, " %s", kind)
	}
	if f.DefValue != "" && f.DefValue != "false" {
		fmt.Fprintf(w, "   (default %s)", f.DefValue)
	}
	fmt.Fprintf(w, "\n      %s\n", usage)
}
