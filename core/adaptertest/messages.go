package adaptertest

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/seed467724c4/wechat/core"
)

// How WeChat's messages are signed and encrypted here. Both are made up.
const (
	pushPath  = "/push"
	pushToken = "MadeUpTokenOfTheSuite"
	pushKey   = "MadeUpKeyOfTheSuiteMadeUpKeyOfTheSuiteMadeU"
)

// parcel is a request as the handler for messages got it.
type parcel struct {
	method, target, query string
	body                  []byte
}

// Push is the handler for WeChat's messages, which the app mounts on /push without
// a gate, in the way that its framework mounts a handler of net/http.
func (k *Kit) Push() http.Handler {
	messages, err := k.auth.PushHandler(core.Push{Token: pushToken, EncodingAESKey: pushKey, OnMessage: k.message})
	if err != nil {
		panic(err) // token and key are good ones
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		k.mu.Lock()
		k.parcel = parcel{r.Method, r.RequestURI, r.URL.RawQuery, body}
		k.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		messages.ServeHTTP(w, r)
	})
}

// message takes what WeChat sent, decrypted. Only the first of a case is waited for.
func (k *Kit) message(_ context.Context, m core.PushMessage) error {
	select {
	case k.messages <- m.XML:
	default:
	}
	return nil
}

// lastParcel is what the handler for messages got last.
func (k *Kit) lastParcel() parcel {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.parcel
}
