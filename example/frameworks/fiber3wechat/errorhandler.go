package fiber3wechat

import (
	"errors"
	"slices"

	"github.com/gofiber/fiber/v3"
)

// ErrorHandler is for the fiber.Config of apps with gates. fiber v3 runs the middleware of
// app.Use also for a request that its server has refused (a header or body too large, a
// broken frame), and then its own ErrorHandler writes over the gate's status and body, but
// not over its headers. Here such an answer keeps nothing of the gate's, and no text of the
// error, which may quote cookies. All other errors go to fiber.DefaultErrorHandler.
func ErrorHandler(c fiber.Ctx, err error) error {
	var e *fiber.Error
	if errors.As(err, &e) && slices.Contains([]int{400, 408, 413, 431, 501}, e.Code) {
		c.Response().Reset()
		return c.SendStatus(e.Code)
	}
	return fiber.DefaultErrorHandler(c, err)
}
