package fiberwechat_test

import (
	"log"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/fiberwechat"
)

func Example() {
	app := fiber.New()
	app.Use(fiberwechat.Require())
	app.Get("/me", func(c *fiber.Ctx) error { return c.JSON(fiberwechat.User(c)) })
	app.Get("/profile", fiberwechat.Require(fiberwechat.Prompt), func(c *fiber.Ctx) error { return c.JSON(fiberwechat.User(c)) })
	log.Fatal(app.Listen(":8080"))
}
