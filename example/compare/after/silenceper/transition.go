package silenceper

import (
	"net/http"
	"strings"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/ginwechat"
)

// openPages lets scripts and forms go on with the session of the old app: they come from
// pages that were open at the switch, and cannot be redirected to WeChat. Every page goes
// to the guard, which logs its visitor in silently; then the old session is deleted. The
// new session counts first, because the old one may be another person's. Delete this file
// and its uses a month after the switch: then no old session is left.
func openPages(guard gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		old := sessions.Default(c)
		openID, _ := old.Get("openid").(string)
		switch {
		case openID == "" || ginwechat.User(c) == nil && isPage(c.Request):
			guard(c)
		case ginwechat.User(c) != nil:
			if deleteOldSession(c); !c.IsAborted() {
				guard(c)
			}
		default:
			nickname, _ := old.Get("nickname").(string)
			avatar, _ := old.Get("avatar").(string)
			user := &core.User{OpenID: openID, Nickname: nickname, Avatar: avatar}
			c.Request = c.Request.WithContext(core.WithUser(c.Request.Context(), user))
			c.Header("Cache-Control", "private, no-cache")
		}
	}
}

func deleteOldSession(c *gin.Context) {
	old := sessions.Default(c)
	old.Clear()
	old.Options(sessions.Options{Path: "/", MaxAge: -1})
	if err := old.Save(); err != nil {
		c.AbortWithError(http.StatusInternalServerError, err)
	}
}

// isPage says whether a browser opens a page, in which a visitor can be redirected.
func isPage(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return r.Method == http.MethodGet && (mode == "navigate" || mode == "" && strings.Contains(r.Header.Get("Accept"), "text/html"))
}
