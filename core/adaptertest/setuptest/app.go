package setuptest

import (
	"context"
	"io"
	"net"
	"net/http"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
)

// Listen serves an app on a free port of 127.0.0.1, for frameworks that httptest
// cannot serve. serve returns after shutdown; stop waits for that.
func Listen(serve func(net.Listener) error, shutdown func() error) (baseURL string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = serve(listener)
	}()
	return "http://" + listener.Addr().String(), func() {
		_ = shutdown()
		<-ended
	}, nil
}

// Serve answers a request of net/http with what the handler saw. user calls the
// adapter's accessor; native reads the framework's own store and may be nil; contexts are
// those that a handler can hold besides the request's own.
func Serve(h *adaptertest.Harness, w http.ResponseWriter, r *http.Request, user func() *core.User, native func() any, contexts ...context.Context) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(h.Serve(adaptertest.Seen{
		Context: r.Context(), User: user, Native: native, Contexts: contexts, Header: w.Header(), Method: r.Method, Target: r.RequestURI, Body: body,
	}))
}

// AddHeader adds every value of from to the headers of a response. add is the
// framework's own way to add one value.
func AddHeader(from http.Header, add func(name, value string)) {
	for name, values := range from {
		for _, value := range values {
			add(name, value)
		}
	}
}
