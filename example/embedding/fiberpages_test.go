package embedding

import (
	"bufio"
	"net"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/fiberwechat"
)

// fiberPages are the same pages in fiber.
func (s *site) fiberPages(r *fiber.App) {
	me := func(c *fiber.Ctx) error { return c.SendString("I am " + fiberwechat.User(c).OpenID) }
	r.All("/me", me)
	r.All("/cached", func(c *fiber.Ctx) error {
		c.Set("Cache-Control", "public, max-age=60")
		return me(c)
	})
	r.Get("/events", func(c *fiber.Ctx) error {
		c.Set("Content-Type", "text/event-stream")
		c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
			if _, err := w.WriteString(events); err == nil && w.Flush() == nil {
				s.hold(nil)
			}
		})
		return nil
	})
	r.Get("/socket", func(c *fiber.Ctx) error {
		c.Set("Upgrade", "websocket")
		c.Set("Connection", "Upgrade")
		c.Set("Sec-WebSocket-Accept", accept(c.Get("Sec-Websocket-Key")))
		c.Context().Hijack(func(conn net.Conn) { _, _ = conn.Write([]byte("hello")) })
		return c.SendStatus(fiber.StatusSwitchingProtocols)
	})
	r.Get("/file", func(c *fiber.Ctx) error { return c.SendFile(s.file) })
}
