package nethttp_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/hostile"
	"github.com/seed467724c4/wechat/nethttp"
)

func TestHostileRequests(t *testing.T) { hostile.Run(t, sound.app, twoAccounts) }

func twoAccounts(outer, inner *adaptertest.Harness) (string, func(), error) {
	mux := http.NewServeMux()
	mux.Handle("/second/", nethttp.Require(inner.Options()...)(handler(inner)))
	server := httptest.NewServer(nethttp.Require(outer.Options()...)(mux))
	return server.URL, server.Close, nil
}
