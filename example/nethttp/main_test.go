package main

import (
	"net/http"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/internal/site"
	"github.com/seed467724c4/wechat/example/internal/site/sitetest"
)

func TestWalk(t *testing.T) { sitetest.Walk(t, "net/http", server) }

func TestFollow(t *testing.T) { sitetest.Follow(t, "net/http", server) }

func TestPanic(t *testing.T) {
	sitetest.Panic(t, "net/http", func(auth *core.Auth, s *site.Site) (site.Server, error) {
		handler, err := app(auth, s)
		if err != nil {
			return nil, err
		}
		mux := http.NewServeMux()
		mux.Handle("/", handler)
		mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("boom") })
		return &http.Server{Handler: logged(s, mux)}, nil
	})
}
