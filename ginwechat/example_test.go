package ginwechat_test

import (
	"log"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/ginwechat"
)

func Example() {
	r := gin.New()
	r.Use(ginwechat.Require())
	r.GET("/me", func(c *gin.Context) { c.JSON(200, ginwechat.User(c)) })
	r.GET("/profile", ginwechat.Require(ginwechat.Prompt), func(c *gin.Context) { c.JSON(200, ginwechat.User(c)) })
	log.Fatal(r.Run())
}
