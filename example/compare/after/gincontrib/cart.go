package gincontrib

import (
	"net/http"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"
)

// mountCart adds what else the app keeps in its sessions.
func mountCart(r *gin.Engine, guard gin.HandlerFunc) {
	r.POST("/cart", guard, func(c *gin.Context) {
		session := sessions.Default(c)
		items, _ := session.Get("cart").(string)
		session.Set("cart", items+c.PostForm("item")+"\n")
		if err := session.Save(); err != nil {
			c.AbortWithError(http.StatusInternalServerError, err)
		}
	})
	r.GET("/cart", guard, func(c *gin.Context) {
		items, _ := sessions.Default(c).Get("cart").(string)
		c.String(http.StatusOK, "%s", items)
	})
}
