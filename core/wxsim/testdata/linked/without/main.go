// Command without is an application behind the login of every framework.
package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/fiberwechat"
	"github.com/seed467724c4/wechat/ginwechat"
	"github.com/seed467724c4/wechat/nethttp"
)

func main() {
	auth, err := core.New(core.Config{})
	if err != nil {
		panic(err)
	}
	gin.New().Use(ginwechat.Require(auth))
	fiber.New().Use(fiberwechat.Require(auth))
	http.ListenAndServe("", nethttp.Require(auth)(http.NotFoundHandler()))
}
