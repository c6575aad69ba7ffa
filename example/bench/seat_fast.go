package main

import (
	"bufio"
	"bytes"
	"net"

	"github.com/valyala/fasthttp"
)

// fastSeat calls a fasthttp handler without a server around it. What the server
// clears between two requests on a connection is cleared here.
type fastSeat struct {
	handler fasthttp.RequestHandler
	ctx     *fasthttp.RequestCtx
	fresh   *fasthttp.Request // nil where the request may be used again
	line    []byte            // the value of the Cookie header, in the request's own buffer
}

func newFastSeat(h fasthttp.RequestHandler, text []byte, fresh bool) *fastSeat {
	s := &fastSeat{handler: h, ctx: new(fasthttp.RequestCtx)}
	s.ctx.Init(&fasthttp.Request{}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 40000}, nil)
	if err := s.ctx.Request.Read(bufio.NewReader(bytes.NewReader(text))); err != nil {
		panic(err) // the request is ours
	}
	if fresh {
		s.fresh = new(fasthttp.Request)
		s.ctx.Request.CopyTo(s.fresh)
	}
	s.line = s.ctx.Request.Header.Peek("Cookie")
	return s
}

func (s *fastSeat) swap(cookies string) {
	if s.fresh != nil {
		s.line = s.fresh.Header.Peek("Cookie")
	}
	copy(s.line, cookies)
}

func (s *fastSeat) again() (status, size int) {
	s.ctx.Response.Reset()
	s.ctx.ResetUserValues()
	if s.fresh != nil {
		s.fresh.CopyTo(&s.ctx.Request)
	}
	s.handler(s.ctx)
	return s.ctx.Response.StatusCode(), len(s.ctx.Response.Body())
}

func (s *fastSeat) body() string { return string(s.ctx.Response.Body()) }

// fastCookie is the value of a cookie that the answer sets.
func fastCookie(ctx *fasthttp.RequestCtx, name string) string {
	c := fasthttp.AcquireCookie()
	defer fasthttp.ReleaseCookie(c)
	c.SetKey(name)
	ctx.Response.Header.Cookie(c)
	return string(c.Value())
}
