package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

func TestRunServesUntilInterrupted(t *testing.T) {
	for rule, tc := range map[string]struct {
		args []string
		any  bool
		push [2]string // token and key
	}{
		"with the defaults":     {nil, true, [2]string{}},
		"with refusals":         {[]string{"-refusal", "authdeny", "-any-order"}, true, [2]string{}},
		"for WeChat only":       {[]string{"-any-browser=false", "-refusal=state"}, false, [2]string{}},
		"beyond, when allowed!": {[]string{"-insecure-listen"}, true, [2]string{}},
		"with pushes": {[]string{"-name", "社区图书馆", "-push-url", "http://localhost:8080/wechat", "-push-token", "token123", "-encoding-aes-key", aesKey},
			true, [2]string{"token123", aesKey}},
		"with a secret that looks real": {[]string{"-app-secret", looksLikeWeChats}, true, [2]string{}},
		"with plain pushes":             {[]string{"-push-url", "http://localhost:8080/wechat", "-push-token", "token123"}, true, [2]string{"token123"}},
	} {
		ctx, interrupt := context.WithCancel(context.Background())
		out, in := io.Pipe()
		addr := "127.0.0.1:0"
		if strings.HasSuffix(rule, "!") {
			addr = "0.0.0.0:0"
		}
		status := make(chan int)
		go func() {
			code := run(ctx, append([]string{"-addr", addr}, tc.args...), in, io.Discard)
			in.Close()
			status <- code
		}()
		env := map[string]string{}
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			name, value, ok := strings.Cut(lines.Text(), "=")
			if name, exported := strings.CutPrefix(name, "export "); ok && strings.HasPrefix(name, "WECHAT_") {
				if !exported {
					t.Errorf("rule: the lines can be pasted into a shell, for programs that it starts; got %q", lines.Text())
				}
				env[name] = value
			}
			if len(env) > 0 && lines.Text() == "" {
				break
			}
		}
		go io.Copy(io.Discard, out) // lines for other languages follow
		res, err := http.Get(env["WECHAT_OPEN_URL"] + "/")
		if err != nil || res.StatusCode != 200 || !strings.HasPrefix(env["WECHAT_OPEN_URL"], "http://127.0.0.1:") {
			t.Fatalf("rule: it serves where it says, %s; got %v, %v", rule, err, env)
		}
		home, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if shown := strings.Contains(string(home), env["WECHAT_APP_SECRET"]); shown == (env["WECHAT_APP_SECRET"] == looksLikeWeChats) {
			t.Errorf("rule: the page shows a secret for copying unless it looks real, %s; shown: %v", rule, shown)
		}
		if env["WECHAT_APP_ID"] == "" || env["WECHAT_APP_SECRET"] == "" || env["WECHAT_API_URL"] != env["WECHAT_OPEN_URL"] ||
			(env["WECHAT_ANY_BROWSER"] == "1") != tc.any {
			t.Errorf("rule: it prints the environment, %s; got %v", rule, env)
		}
		if env["WECHAT_PUSH_TOKEN"] != tc.push[0] || env["WECHAT_ENCODING_AES_KEY"] != tc.push[1] {
			t.Errorf("rule: it prints what pushes are signed and encrypted with, when set, %s; got %v", rule, env)
		}
		follow, quoted := strings.CutPrefix(strings.TrimSuffix(env["WECHAT_FOLLOW_QRCODE"], "'"), "'")
		if !quoted || follow != env["WECHAT_OPEN_URL"]+"/mp/profile_ext?action=home&__biz="+env["WECHAT_APP_ID"] {
			t.Errorf("rule: it prints where to follow, quoted for the shell, %s; got %v", rule, env)
		}
		page, err := http.Get(follow)
		if err != nil {
			t.Fatalf("rule: the account's page is there, %s; got %v", rule, err)
		}
		raw, _ := io.ReadAll(page.Body)
		page.Body.Close()
		name := "<strong>localhost</strong>"
		if strings.Contains(strings.Join(tc.args, " "), "-name") {
			name = "<strong>社区图书馆</strong>"
		}
		if tc.any && !strings.Contains(string(raw), name) {
			t.Errorf("rule: the account's page shows its name, %s; no %s in\n%s", rule, name, raw)
		}
		interrupt()
		if code := <-status; code != 0 {
			t.Errorf("rule: an interrupt is a clean end, %s; got status %d", rule, code)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for rule, tc := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"help is no failure":             {[]string{"-h"}, 0, "-insecure-listen"},
		"an unknown flag":                {[]string{"-nonsense"}, 2, "nonsense"},
		"an unknown refusal":             {[]string{"-refusal", "maybe"}, 1, "-refusal"},
		"a wrong domain":                 {[]string{"-domain", "http://x"}, 1, "wxsim: -domain \"http://x\" must be a host without scheme, port or path\n"},
		"a wrong address":                {[]string{"-addr", "x"}, 1, "-addr"},
		"listening on all interfaces":    {[]string{"-addr", ":0"}, 1, "-insecure-listen"},
		"listening on a public address":  {[]string{"-addr", "192.0.2.1:0"}, 1, "-insecure-listen"},
		"an address that is in use":      {[]string{"-addr", busy.Addr().String()}, 1, "wxsim:"},
		"a push address and no token":    {[]string{"-push-url", "http://localhost/"}, 1, "-push-token must be"},
		"a key that is none":             {[]string{"-encoding-aes-key", "x"}, 1, "-encoding-aes-key must be"},
		"an empty secret":                {[]string{"-app-secret", ""}, 1, "-app-secret is empty"},
		"an app id that is there twice":  {[]string{"-app-id", "wxfedcba9876543210"}, 1, "-app-id wxfedcba9876543210 is there twice"},
		"a file that is not there":       {[]string{"-config", "/nonexistent/x"}, 1, "-config"},
		"a file beside the flags":        {[]string{"-config", "x", "-domain", "localhost"}, 1, "-domain and -config exclude each other"},
		"a certificate over a text":      {[]string{"-tls", "run.go", "-tls-addr", "127.0.0.1:0"}, 1, "is no certificate"},
		"https on a public address":      {[]string{"-tls", "x", "-tls-addr", "192.0.2.1:0"}, 1, "-tls-addr 192.0.2.1:0 is reachable"},
		"an argument that is no flag":    {[]string{"start"}, 2, "unexpected argument \"start\""},
		"an app id of more than letters": {[]string{"-app-id", "<x>"}, 1, "-app-id must be"},
	} {
		var stderr bytes.Buffer
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // ends a run that should not have begun
		if got := run(ctx, freePort(tc.args), io.Discard, &stderr); got != tc.status || !strings.Contains(stderr.String(), tc.says) {
			t.Errorf("rule: %s; got status %d, %s", rule, got, &stderr)
		}
	}
}

func TestEveryFlagIsExplainedAndUsed(t *testing.T) {
	var help bytes.Buffer
	run(t.Context(), []string{"-h"}, io.Discard, &help)
	known := flag.NewFlagSet("", flag.ContinueOnError)
	var o options
	o.define(known)
	known.VisitAll(func(f *flag.Flag) {
		if !strings.Contains(help.String(), "\n  -"+f.Name+" ") && !strings.Contains(help.String(), "\n  -"+f.Name+"\n") {
			t.Errorf("rule: -h explains every flag; it does not explain -%s", f.Name)
		}
	})
	o, err := parse([]string{"-seed", "7"}, io.Discard)
	if cfg, _ := o.simConfig(); err != nil || cfg.Seed != 7 {
		t.Errorf("rule: -seed is the simulator's seed; got %d %v", cfg.Seed, err)
	}
}

func TestServeUntilReportsADeadListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := serveUntil(context.Background(), http.NotFoundHandler(), func() {}, l); err == nil {
		t.Error("rule: a listener that dies is an error")
	}
}

// freePort makes a run that would listen at the usual address listen at any.
func freePort(args []string) []string {
	if slices.Contains(args, "-addr") {
		return args
	}
	return append([]string{"-addr", "127.0.0.1:0"}, args...)
}
