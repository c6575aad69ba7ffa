package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
)

// bare are the frameworks without anything, and with the header that every answer
// to a logged-in visitor needs: the honest yardstick for a whole server.
func bare() []contestant {
	var all []contestant
	add := func(name string, mount func(e *entrant)) {
		all = append(all, contestant{name, func(w *world, sessions int) (*entrant, error) {
			e := &entrant{yard: true}
			for range sessions {
				e.cookies = append(e.cookies, cookieLine("session="+newToken()))
			}
			mount(e)
			return e, nil
		}})
	}
	for _, vary := range []bool{false, true} {
		name := "bare"
		if vary {
			name = "bare-vary"
		}
		add("nethttp/"+name, func(e *entrant) {
			e.handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if vary {
					w.Header().Add("Vary", "Cookie")
				}
				w.Write(okBytes)
			})
		})
		add("gin/"+name, func(e *entrant) {
			engine := newEngine()
			engine.GET(page, func(c *gin.Context) {
				if vary {
					c.Writer.Header().Add("Vary", "Cookie")
				}
				c.Writer.Write(okBytes)
			})
			e.handler = engine
		})
		add("fiber/"+name, func(e *entrant) {
			app := newApp()
			app.Get(page, func(c *fiber.Ctx) error {
				if vary {
					c.Response().Header.Add("Vary", "Cookie")
				}
				_, err := c.Write(okBytes)
				return err
			})
			e.fast = app.Handler()
		})
	}
	return all
}
