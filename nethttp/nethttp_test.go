package nethttp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/nethttp"
)

func TestContract(t *testing.T) { adaptertest.Run(t, sound.app) }

func TestTheResponseWriterIsNotWrapped(t *testing.T) {
	auth := newAuth(t)
	w := httptest.NewRecorder()
	var got http.ResponseWriter
	handler := nethttp.Optional(auth)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { got = w }))
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got != http.ResponseWriter(w) {
		t.Errorf("the handler writes to a %T, want the server's own writer", got)
	}
}

func TestARequestMadeByHandHasATarget(t *testing.T) {
	r, err := http.NewRequestWithContext(context.Background(), "GET", "http://app.example.com/a%2Fb?x=%zz", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", "MicroMessenger")
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	nethttp.Require(newAuth(t))(http.NotFoundHandler()).ServeHTTP(w, r)
	if want := "redirect_uri=http%3A%2F%2Fapp.example.com%2Fa%252Fb%3Fx%3D%25zz&"; !strings.Contains(w.Header().Get("Location"), want) {
		t.Errorf("%d to %q, want %s in it", w.Code, w.Header().Get("Location"), want)
	}
}
