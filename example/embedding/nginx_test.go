package embedding

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// nginx is a proxy with a cache and with keepalive connections to the app, which
// visitors share.
type nginx struct {
	address string
}

// throughPort hands a path such as /http/4711/me to the app on that port, through a
// cache.
const throughPort = `proxy_cache pages; proxy_cache_key $uri; proxy_set_header Host 127.0.0.1:$port;
			proxy_pass $scheme_of_app://127.0.0.1:$port$rest$is_args$args;`

// throughKeepalive hands every path to one app, over connections that visitors share.
// nginx reads a body to its end first, and sends it with its length.
const throughKeepalive = `proxy_set_header Host $http_host; proxy_set_header Connection ""; proxy_pass http://app;`

// streaming sends a body on as it comes, in chunks where it came in chunks.
const streaming = `proxy_request_buffering off; `

func startNginx(t *testing.T, how, app string) *nginx {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	dir, err := os.MkdirTemp("", "embedding") // not t.TempDir, which nginx' workers may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	conf := fmt.Sprintf(`daemon off; pid %[1]s/pid; error_log stderr crit; worker_processes 1;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
	proxy_cache_path %[1]s/cache keys_zone=pages:1m;
	upstream app { server %[4]s; keepalive 4; }
	server {
		listen %[2]s;
		proxy_http_version 1.1;
		proxy_set_header Connection "";
		location ~ ^(?:/(?<scheme_of_app>https?)/(?<port>[0-9]+))?(?<rest>/.*)$ {
			%[3]s
		}
	}
}
`, dir, address, how, app)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	server := exec.Command("nginx", "-p", dir, "-c", file)
	server.Stderr = &said
	if err := server.Start(); err != nil {
		t.Fatal("nginx is needed (apt-get install nginx-light): ", err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
	})
	for until := time.Now().Add(patience); ; {
		if _, err := http.Get("http://" + address + "/"); err == nil {
			return &nginx{address}
		}
		if time.Now().After(until) {
			t.Fatal("nginx does not start: ", said.String())
		}
	}
}

// site is the address of an app through nginx.
func (n *nginx) site(scheme, app string) string {
	_, port, _ := net.SplitHostPort(app)
	return "http://" + n.address + "/" + scheme + "/" + port
}
