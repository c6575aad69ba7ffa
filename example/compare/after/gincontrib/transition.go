package gincontrib

import (
	"net/http"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/ginwechat"
)

// oldLogins lets visitors whom the old app has logged in go on until their session ends,
// without a trip to WeChat. The new session counts first: as soon as there is one, the
// old login is deleted from its session and the rest of that session stays. A session of
// another person is emptied. Delete this file and its uses a month after the switch: then no old
// login is left.
func oldLogins(guard gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		session, user := sessions.Default(c), ginwechat.User(c)
		openID, _ := session.Get("openid").(string)
		switch {
		case openID == "":
			guard(c)
		case user == nil:
			c.Request = c.Request.WithContext(core.WithUser(c.Request.Context(), &core.User{OpenID: openID}))
			c.Header("Cache-Control", "private, no-cache")
		default:
			session.Delete("openid")
			if openID != user.OpenID {
				session.Clear()
			}
			if err := session.Save(); err != nil {
				c.AbortWithError(http.StatusInternalServerError, err)
				return
			}
			guard(c)
		}
	}
}
