package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/ginwechat"
)

// pushPath is what 服务器配置 names, after the site's address.
const pushPath = "/wechat/push"

// app is the site.
type app struct {
	auth      *core.Auth
	members   *members
	log       *slog.Logger
	pages     *pages
	simulator string // its address; "" where there is none
	name      string // of the account
	account   string // where it can be followed by hand; "" where there is no such page
	handler   http.Handler
}

// newApp is the whole set-up. push without a token is none: then nobody is registered
// before the first visit, and who leaves is found out within 5 minutes.
func newApp(config core.Config, messages push.Config, table *members, simulator string, log *slog.Logger) (*app, error) {
	a := &app{members: table, log: log, simulator: simulator, pages: newPages(simulator), name: config.AccountName}
	if simulator != "" {
		a.account = config.FollowQRCode
	}
	config.OnLogin = a.onLogin
	config.Profile = a.knownProfile
	config.OpenIDFor = a.openIDFor
	config.KeepTokens = true // for RefreshProfile
	config.LoginPath = "/login"
	config.GuestPath = "/"
	config.Logger = log
	auth, err := core.New(config)
	if err != nil {
		return nil, err
	}
	a.auth = auth
	var heard http.Handler
	if messages.Token != "" {
		messages.OnFollow, messages.OnUnfollow, messages.OnScan = a.onFollow, a.onUnfollow, a.onScan
		if heard, err = auth.PushHandler(messages); err != nil {
			auth.Close()
			return nil, err
		}
	}
	forms := http.NewCrossOriginProtection()
	if config.PublicURL != "" {
		// A proxy may have put another Host into the request.
		if err := forms.AddTrustedOrigin(strings.TrimSuffix(config.PublicURL, "/")); err != nil {
			auth.Close()
			return nil, fmt.Errorf("members: PublicURL must have no path, as this site's links have none: %w", err)
		}
	}
	a.handler = a.routes(heard, forms)
	return a, nil
}

// Close waits for what messages from WeChat have set off.
func (a *app) Close() error { return a.auth.Close() }

func (a *app) routes(heard http.Handler, forms *http.CrossOriginProtection) http.Handler {
	r := gin.New()
	// Not gin.Default(): its logger prints queries, its recovery may print cookies.
	r.Use(a.logged, gin.CustomRecoveryWithWriter(nil, a.panicked))

	// What the handlers get as core.Loaded[*Member].
	member := core.LoadUser(a.load)

	r.GET("/", ginwechat.Optional(a.auth), a.home)
	r.GET("/members", ginwechat.Require(a.auth, ginwechat.MustFollow, member), a.club)
	r.GET("/profile", ginwechat.Require(a.auth, ginwechat.Prompt, member), a.profile)
	// Optional, because Require answers a form of nobody with 401: a page is friendlier.
	r.POST("/profile/refresh", sameOrigin(forms), ginwechat.Optional(a.auth), a.refresh)
	r.GET("/login", ginwechat.Login(a.auth))
	r.POST("/logout", ginwechat.Logout(a.auth)) // checks itself where the form comes from
	if heard != nil {
		// No gate: it is WeChat that calls, and the handler checks that it is.
		r.GET(pushPath, gin.WrapH(heard))
		r.POST(pushPath, gin.WrapH(heard))
	}
	return r
}

// sameOrigin refuses forms of other sites, by Sec-Fetch-Site or else by Origin.
func sameOrigin(forms *http.CrossOriginProtection) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := forms.Check(c.Request); err != nil {
			c.AbortWithStatus(http.StatusForbidden)
		}
	}
}

// home is open to everybody. It knows a member by what OnLogin set, and looks into the
// table only for a merge since then. Without the table it shows what it knows.
func (a *app) home(c *gin.Context) {
	v := view{Page: "home"}
	if u := ginwechat.User(c); u != nil {
		v.Number = u.AppUserID
		if m, err := a.members.findBy(c.Request.Context(), u.AppID, u.OpenID); err == nil && m != nil {
			v.Number = strconv.FormatInt(m.Number, 10)
		}
	}
	a.show(c, http.StatusOK, v)
}

func (a *app) club(c *gin.Context) {
	m, _ := core.Loaded[*Member](c.Request.Context()) // never nil, see load
	a.show(c, http.StatusOK, view{Page: "members", Member: a.catchUp(c.Request.Context(), m)})
}

func (a *app) profile(c *gin.Context) {
	m, _ := core.Loaded[*Member](c.Request.Context())
	a.show(c, http.StatusOK, view{Page: "profile", Member: m, Renewal: renewal(c.Query("renewal"))})
}

// renewal is what became of the button on /profile; it travels in the query of the
// page that comes after.
type renewal string

const (
	renewed     renewal = "done"
	refused     renewal = "refused"
	unavailable renewal = "unavailable"
)

// refresh reads the profile again, without WeChat's consent page. WeChat allows it
// for 30 days, until she changes her password, and until a later silent login.
func (a *app) refresh(c *gin.Context) {
	ctx, u := c.Request.Context(), ginwechat.User(c)
	if u == nil || u.Scope != core.Prompt {
		c.Redirect(http.StatusSeeOther, "/profile") // which logs in, and asks
		return
	}
	fresh, err := a.auth.RefreshProfile(ctx, u)
	if err == nil {
		err = a.members.renewed(ctx, fresh)
	}
	came := renewed
	switch {
	case err == nil:
	case errors.Is(err, core.ErrRefreshRefused), errors.Is(err, core.ErrNoToken):
		came = refused
		if err = a.members.askAgain(ctx, u); err != nil {
			came = unavailable
			a.log.ErrorContext(ctx, "a profile cannot be marked", "member", u.AppUserID, "error", err)
		}
	default:
		came = unavailable
		a.log.WarnContext(ctx, "a profile cannot be renewed", "member", u.AppUserID, "error", err)
	}
	c.Redirect(http.StatusSeeOther, "/profile?renewal="+string(came))
}

// logged writes one line for every request, with the path and not the URL: the query
// of a visitor who comes back from WeChat holds a code.
func (a *app) logged(c *gin.Context) {
	began := time.Now()
	c.Next()
	a.log.Info("served", "method", c.Request.Method, "path", c.Request.URL.EscapedPath(),
		"status", c.Writer.Status(), "took", time.Since(began).Round(time.Microsecond))
}

// panicked logs what a handler panicked with and where, and nothing of the request:
// its cookies are the visitor's keys.
func (a *app) panicked(c *gin.Context, value any) {
	a.log.Error("panic", "value", fmt.Sprint(value), "stack", string(debug.Stack()))
	c.AbortWithStatus(http.StatusInternalServerError)
}
