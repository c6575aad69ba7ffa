package adaptertest

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/seed467724c4/wechat/core/push"
)

const pushPath = "/push"

// Token and key of the messages. Both are made up.
const (
	PushToken = "MadeUpTokenOfTheSuite"
	PushKey   = "MadeUpKeyOfTheSuiteMadeUpKeyOfTheSuiteMadeU"
)

// pushRequest is a request as it reached the handler for messages.
type pushRequest struct {
	method, target, query string
	body                  []byte
}

// PushHandler is the handler for WeChat's messages. The app mounts it on /push
// without a gate, the way its framework mounts a handler of net/http.
func (h *Harness) PushHandler() http.Handler {
	messages, err := h.auth.PushHandler(push.Config{Token: PushToken, EncodingAESKey: PushKey, OnMessage: h.message})
	if err != nil {
		panic(err) // token and key are constants that are valid
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		h.mu.Lock()
		h.pushRequest = pushRequest{r.Method, r.RequestURI, r.URL.RawQuery, body}
		h.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		messages.ServeHTTP(w, r)
	})
}

// message is OnMessage. It keeps the first decrypted message of a case and drops the
// others.
func (h *Harness) message(_ context.Context, m push.Message) error {
	select {
	case h.messages <- m.XML:
	default:
	}
	return nil
}

// lastPushRequest is the last request that reached the handler for messages.
func (h *Harness) lastPushRequest() pushRequest {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pushRequest
}

// ScreensHandler is the handler of screen login. The app mounts it on /wechat/screen
// without a gate, the way its framework mounts a handler of net/http.
func (h *Harness) ScreensHandler() http.Handler { return h.auth.Screens() }
