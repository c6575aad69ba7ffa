package fiberwechat

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
)

// response implements core.ResponseHeader. Its strings lie in fasthttp's buffers: core
// keeps none of them.
type response struct{ c *fiber.Ctx }

// Values implements core.ResponseHeader.
func (r response) Values(name string) (values []string) {
	for key, value := range r.c.Response().Header.All() {
		if strings.EqualFold(string(key), name) {
			values = append(values, string(value))
		}
	}
	return values
}

// Add implements core.ResponseHeader. fiber's own Append would join values by a comma.
func (r response) Add(name, value string) { r.c.Response().Header.Add(name, value) }

// Set implements core.ResponseHeader.
func (r response) Set(name, value string) {
	r.Del(name)
	r.c.Response().Header.Set(name, value)
}

// Del implements core.ResponseHeader. An app with DisableHeaderNormalizing may have the
// header in another case.
func (r response) Del(name string) {
	h := &r.c.Response().Header
	h.Del(name)
	if !r.c.App().Config().DisableHeaderNormalizing {
		return
	}
	for _, key := range h.PeekKeys() {
		if strings.EqualFold(string(key), name) {
			h.DelBytes(key)
		}
	}
}

// complete is [core.Outcome.Complete]. An ordinary response needs no copies for it: its
// handler has left our Vary in place and has set nothing that steers a cache.
func complete(c *fiber.Ctx, out *core.Outcome) {
	if !ordinary(c, out) {
		out.Complete(response{c})
		return
	}
	if value := out.DefaultCacheControl(); value != "" {
		c.Response().Header.Set(fiber.HeaderCacheControl, value)
	}
}

// ordinary may be wrong to say no. Headers that steer caches are told by the length of
// their names alone, because every header of every response is looked at.
func ordinary(c *fiber.Ctx, out *core.Outcome) bool {
	h := &c.Response().Header
	for _, key := range h.PeekKeys() {
		switch len(key) {
		case len("Cache-Control"), len("X-Accel-Expires"), len("Surrogate-Control"), len("Cloudflare-Cdn-Cache-Control"):
			return false
		}
	}
	for _, line := range h.PeekAll(fiber.HeaderVary) {
		if string(line) == "Cookie" {
			return len(out.Header) == 1
		}
	}
	return false
}
