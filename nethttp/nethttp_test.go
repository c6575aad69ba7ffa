package nethttp_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/nethttp"
)

func TestContract(t *testing.T) { adaptertest.Run(t, sound.app) }

func TestTheResponseWriterIsNotWrapped(t *testing.T) {
	auth := setuptest.NewAuth(t)
	w := httptest.NewRecorder()
	var got http.ResponseWriter
	handler := nethttp.Optional(auth)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { got = w }))
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got != http.ResponseWriter(w) {
		t.Errorf("the handler writes to a %T, want the server's own writer", got)
	}
}
