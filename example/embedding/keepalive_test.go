package embedding

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// A stranger hides a request in a body that the gate does not read. Behind a proxy the
// next visitor would get the answer to it.
func TestNoForeignAnswersOverConnectionsThatVisitorsShare(t *testing.T) {
	s := newSite(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	go overFiber(fiber.Config{StreamRequestBody: true})(s, outside)(l)
	t.Cleanup(func() { l.Close() })
	proxy := startNginx(t, throughKeepalive, address)
	a := &running{url: "http://" + proxy.address}
	a.mei = newVisitor()
	if wrong := a.login(); wrong != "" {
		t.Fatal(wrong)
	}
	hidden := "GET /hidden HTTP/1.1\r\nHost: " + address + "\r\nSec-Fetch-Mode: cors\r\n\r\n"
	methods := []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	foreign, asked := 0, 0
	for i := range 500 {
		var body io.Reader = strings.NewReader(strings.Repeat("A", 8192*(i%4)) + strings.Repeat(hidden, 2))
		if i/len(methods)%2 == 1 {
			body = io.MultiReader(body) // of unknown length: sent in chunks
		}
		r, err := http.NewRequest(methods[i%len(methods)], a.url+"/me", body)
		if err != nil {
			t.Fatal(err)
		}
		if status, _, _ := ask(http.DefaultClient, r); status == 200 {
			t.Errorf("a stranger gets in by %s", r.Method)
		}
		status, _, mine := ask(a.mei, request(a.url+"/me"))
		if asked += 2; status != 200 || !strings.HasPrefix(mine, "I am o") {
			foreign++
		}
	}
	if foreign > 0 {
		t.Errorf("rule: everybody gets the answer to the own request: %d foreign ones of %d", foreign, asked)
	}
	t.Logf("%d requests, %d foreign answers", asked, foreign)
}
