package fiberwechat

import (
	"context"
	"io"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
)

// known saves the copies for a logged-in visitor: Known keeps none of its strings.
// Whether there is a second Cookie line, which takes long to find out, matters only
// where the first one names nobody.
func known(ctx context.Context, gate *core.Gate, c *fiber.Ctx) *core.Outcome {
	cookies := c.Get(fiber.HeaderCookie)
	if cookies == "" && c.App().Config().DisableHeaderNormalizing {
		return nil // perhaps in lower case
	}
	out := gate.Known(ctx, c.OriginalURL(), cookies)
	if out == nil {
		return nil
	}
	if _, ok := core.FromContext(out.Context); !ok && len(c.Request().Header.PeekAll(fiber.HeaderCookie)) > 1 {
		return nil
	}
	return out
}

// request is the one place where strings leave fiber for good. fasthttp reuses their bytes
// for the next request on the connection, so every one is copied; uncopied, one
// visitor is answered as another.
func request(c *fiber.Ctx) *core.Request {
	h := &c.Request().Header
	return &core.Request{
		Method: string(h.Method()), Target: string(h.RequestURI()), Host: string(h.Host()),
		TLS: c.Context().IsTLS(), Header: header{c},
	}
}

type header struct{ c *fiber.Ctx }

// Get implements core.Header.
func (h header) Get(name string) string {
	if value := h.c.Request().Header.Peek(name); len(value) > 0 {
		return string(value)
	}
	for _, value := range h.inOtherCase(name) {
		return value
	}
	return ""
}

// Values implements core.Header.
func (h header) Values(name string) []string {
	all := h.c.Request().Header.PeekAll(name)
	if len(all) == 0 || len(all) == 1 && len(all[0]) == 0 {
		if values := h.inOtherCase(name); values != nil {
			return values
		}
	}
	values := make([]string, len(all))
	for i, value := range all {
		values[i] = string(value)
	}
	return values
}

// inOtherCase finds a header that an app with DisableHeaderNormalizing has as it was
// sent, in lower case behind many proxies.
func (h header) inOtherCase(name string) (values []string) {
	if !h.c.App().Config().DisableHeaderNormalizing {
		return nil
	}
	for key, value := range h.c.Request().Header.AllInOrder() {
		if strings.EqualFold(string(key), name) {
			values = append(values, string(value))
		}
	}
	return values
}

// maxDrained is how much of a body that nobody reads is read after an answer, so that
// the connection can go on. net/http reads as much.
const maxDrained = 256 << 10

// drain reads what an answer of ours has left unread of a body that fiber streams
// (StreamRequestBody). fasthttp does not, and takes the rest for the next request on the
// connection: behind a proxy, for another visitor's. Of a longer body the rest is left,
// and the connection is closed.
func drain(c *fiber.Ctx) {
	if !c.Request().IsBodyStream() {
		closeBehindForm(c)
		return
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(c.Context().RequestBodyStream(), maxDrained)); err != nil || n == maxDrained {
		c.Context().SetConnectionClose()
	}
}

// drainBehindHandler is drain where a handler has run, which may have read some of the
// body. To read behind the end of a chunked body would take the next request for it, and
// a handler may go on to read while its answer is sent: then the connection is closed.
// None of this concerns a handler that has read the body by c.Body, c.BodyParser or
// c.FormFile.
func drainBehindHandler(c *fiber.Ctx) {
	switch length := c.Request().Header.ContentLength(); {
	case length == 0:
	case !c.Request().IsBodyStream():
		closeBehindForm(c)
	case length > 0 && !c.Response().IsBodyStream():
		drain(c)
	default:
		c.Context().SetConnectionClose()
	}
}

// closeBehindForm closes the connection after a multipart form that fasthttp has read
// before any handler, whether bodies are streamed or not. It reads the form up to its last
// boundary, and takes the rest of the body for the next request on the connection. How
// much is left cannot be found out, so each such form costs a connection. Residual risk:
// what fiber answers without a gate of ours.
func closeBehindForm(c *fiber.Ctx) {
	h := &c.Request().Header
	if h.ContentLength() > 0 && len(h.MultipartFormBoundary()) > 0 && len(h.Peek(fiber.HeaderContentEncoding)) == 0 &&
		!c.App().Config().DisablePreParseMultipartForm {
		c.Context().SetConnectionClose()
	}
}
