package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// site is an example, built and running as its users run it.
type site struct {
	*process
	url     string   // http://localhost:PORT
	secrets []string // codes and states that visitors had
}

// mustNotLog adds to what the site's output is searched for in the end.
func (s *site) mustNotLog(secrets ...string) { s.secrets = append(s.secrets, secrets...) }

// startSite points the example at a WeChat by the variables that its users have.
// The site is on localhost and the simulator on 127.0.0.1: two sites, as an app
// and WeChat are, so that cookies behave as they will in production.
func startSite(t *testing.T, framework string, env ...string) *site {
	t.Helper()
	binary := build(t, framework)
	addr := freeAddr(t)
	env = append(env, "ADDR="+addr, "WECHAT_APP_ID="+appID, "WECHAT_APP_SECRET="+secret)
	return &site{process: start(t, addr, exec.Command(binary), env...), url: "http://" + addr}
}

// build builds as `go run ./example/...` does, from the root module.
func build(t *testing.T, framework string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), framework)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./example/"+framework)
	cmd.Dir = root(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cannot build the example: %v\n%s", err, out)
	}
	return binary
}

// root is the folder of the module that the examples belong to. Tests run in
// their own folder, two levels below.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil || !strings.HasPrefix(string(mod), "module github.com/seed467724c4/wechat\n") {
		t.Fatalf("%s is not the root of the repository (%v): run the tests where they are", dir, err)
	}
	return dir
}

// freeAddr is an address that was free a moment ago. Visitors type localhost, so
// that is the name.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("localhost", port)
}
