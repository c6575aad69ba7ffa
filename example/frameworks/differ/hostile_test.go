package differ_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	fiber3 "github.com/gofiber/fiber/v3"
	"github.com/gogf/gf/v2/net/ghttp"
	"github.com/labstack/echo/v5"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/hostile"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/example/frameworks/echowechat"
	"github.com/seed467724c4/wechat/example/frameworks/fiber3wechat"
	"github.com/seed467724c4/wechat/example/frameworks/gfwechat"
	"github.com/seed467724c4/wechat/example/frameworks/hertzwechat"
	"github.com/seed467724c4/wechat/fiberwechat"
	"github.com/seed467724c4/wechat/ginwechat"
	"github.com/seed467724c4/wechat/nethttp"
)

// The answers to the hostile table are equal on all frameworks, too: status, headers and
// body, and what the handler behind the gate saw.
func TestAllFrameworksAnswerTheHostileTableTheSame(t *testing.T) {
	records := map[string]*hostile.Transcript{}
	for name, site := range sites {
		t.Run(name, func(t *testing.T) { records[name] = hostile.Record(t, site) })
	}
	var found []string
	for _, name := range slices.Sorted(maps.Keys(sites)) {
		same, differences := hostile.Compare(records[reference], records[name])
		text := 0
		for _, d := range differences {
			if name == "GoFrame" {
				d.Other = withoutStatusText.Replace(d.Other)
			}
			if d.One == d.Other {
				text++
				continue
			}
			one, other := firstDifference(d.One, d.Other)
			_, row, _ := strings.Cut(d.Case, ", ") // with either kind of sessions
			found = append(found, fmt.Sprintf("%s | %s | %.40s | %.40s", name, row, one, other))
		}
		t.Logf("%s: %d cases equal to %s, %d but for the text of a redirect, %d differ", name, same, reference, text, len(differences)-text)
		if same+text < 750 {
			t.Errorf("%s: only %d cases are equal", name, same+text)
		}
	}
	slices.Sort(found)
	compare(t, "testdata/hostile.txt", slices.Compact(found))
}

// withoutStatusText leaves out what GoFrame writes where an answer has no body: the name of
// the status. These differences have this one reason.
var withoutStatusText = strings.NewReplacer(
	"\n\tContent-Type: text/plain; charset=utf-8", "", "\n\tFound", "\n\t", "\n\tSee Other", "\n\t",
)

// firstDifference is the first line that two texts do not share.
func firstDifference(one, other string) (string, string) {
	a, b := strings.Split(one, "\n"), strings.Split(other, "\n")
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return line(a, i), line(b, i)
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}

// plain are the options of most apps: the instance and perhaps a scope.
func plain(h *adaptertest.Harness, more ...core.Option) []core.Option {
	return append(h.Options()[:1:1], more...)
}

// sites have the routes that the hostile table asks for.
var sites = map[string]adaptertest.App{
	reference: func(h *adaptertest.Harness) (string, func(), error) {
		require, prompt := nethttp.Require(plain(h)...), nethttp.Require(plain(h, nethttp.Prompt)...)
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			setuptest.Serve(h, w, r, func() *core.User { return nethttp.User(r) }, nil)
		})
		whole := http.NewServeMux()
		whole.Handle("/engine/", handler)
		whole.Handle("/profile", prompt(handler))
		guarded := require(whole)
		apart := http.NewServeMux()
		apart.Handle("/apart/profile", prompt(handler))
		apart.Handle("/apart/twice", require(require(handler)))
		apart.Handle("/apart/optional", nethttp.Optional(plain(h)...)(handler))
		return std(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/apart/") {
				apart.ServeHTTP(w, r)
				return
			}
			guarded.ServeHTTP(w, r)
		}))
	},
	"gin": func(h *adaptertest.Harness) (string, func(), error) {
		require, prompt := ginwechat.Require(plain(h)...), ginwechat.Require(plain(h, ginwechat.Prompt)...)
		handler := func(c *gin.Context) {
			setuptest.Serve(h, c.Writer, c.Request, func() *core.User { return ginwechat.User(c) }, nil)
		}
		r := gin.New()
		r.GET("/apart/profile", prompt, handler)
		r.GET("/apart/twice", require, require, handler)
		r.GET("/apart/optional", ginwechat.Optional(plain(h)...), handler)
		r.Use(require)
		r.Any("/engine/*rest", handler)
		r.GET("/profile", prompt, handler)
		return std(r)
	},
	"echo v5": func(h *adaptertest.Harness) (string, func(), error) {
		require, prompt := echowechat.Require(plain(h)...), echowechat.Require(plain(h, echowechat.Prompt)...)
		handler := func(c *echo.Context) error {
			setuptest.Serve(h, c.Response(), c.Request(), func() *core.User { return echowechat.User(c) }, nil)
			return nil
		}
		apart, e := echo.New(), echo.New()
		apart.GET("/apart/profile", handler, prompt)
		apart.GET("/apart/twice", handler, require, require)
		apart.GET("/apart/optional", handler, echowechat.Optional(plain(h)...))
		e.Use(require) // guards every route of its echo
		e.Any("/engine/*", handler)
		e.GET("/profile", handler, prompt)
		return std(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/apart/") {
				apart.ServeHTTP(w, r)
				return
			}
			e.ServeHTTP(w, r)
		}))
	},
	"GoFrame": func(h *adaptertest.Harness) (string, func(), error) {
		require, prompt := gfwechat.Require(plain(h)...), gfwechat.Require(plain(h, gfwechat.Prompt)...)
		handler := func(r *ghttp.Request) {
			setuptest.Serve(h, r.Response.BufferWriter, r.Request, func() *core.User { return gfwechat.User(r) }, nil)
		}
		return goFrame(func(s *ghttp.Server) {
			s.Use(func(r *ghttp.Request) { // guards every route of its server
				if strings.HasPrefix(r.URL.Path, "/apart/") {
					r.Middleware.Next()
					return
				}
				require(r)
			})
			s.Group("/apart", func(apart *ghttp.RouterGroup) {
				apart.Clone().Middleware(prompt).GET("/profile", handler)
				apart.Clone().Middleware(require, gfwechat.Require(plain(h)...)).GET("/twice", handler)
				apart.Clone().Middleware(gfwechat.Optional(plain(h)...)).GET("/optional", handler)
			})
			s.BindHandler("/engine/*rest", handler)
			s.Group("/profile").Middleware(prompt).GET("/", handler)
		})
	},
	"fiber v2": func(h *adaptertest.Harness) (string, func(), error) {
		require, prompt := fiberwechat.Require(plain(h)...), fiberwechat.Require(plain(h, fiberwechat.Prompt)...)
		handler := func(c *fiber.Ctx) error {
			return c.Send(h.Serve(adaptertest.Seen{
				Context: c.UserContext(), User: func() *core.User { return fiberwechat.User(c) },
				Method: string(c.Request().Header.Method()), Target: string(c.Request().Header.RequestURI()), Body: bytes.Clone(c.Body()),
			}))
		}
		a := fiber.New(fiber.Config{DisableStartupMessage: true})
		a.Get("/apart/profile", prompt, handler)
		a.Get("/apart/twice", require, require, handler)
		a.Get("/apart/optional", fiberwechat.Optional(plain(h)...), handler)
		a.Use(require)
		a.All("/engine/*", handler)
		a.Get("/profile", prompt, handler)
		return setuptest.Listen(a.Listener, a.Shutdown)
	},
	"fiber v3": func(h *adaptertest.Harness) (string, func(), error) {
		require, prompt := fiber3wechat.Require(plain(h)...), fiber3wechat.Require(plain(h, fiber3wechat.Prompt)...)
		handler := func(c fiber3.Ctx) error {
			return c.Send(h.Serve(adaptertest.Seen{
				Context: c.Context(), User: func() *core.User { return fiber3wechat.User(c) },
				Method: string(c.Request().Header.Method()), Target: string(c.Request().Header.RequestURI()), Body: bytes.Clone(c.Body()),
			}))
		}
		a := fiber3.New(fiber3.Config{ErrorHandler: fiber3wechat.ErrorHandler})
		a.Get("/apart/profile", prompt, handler)
		a.Get("/apart/twice", require, require, handler)
		a.Get("/apart/optional", fiber3wechat.Optional(plain(h)...), handler)
		a.Use(require)
		a.All("/engine/*", handler)
		a.Get("/profile", prompt, handler)
		return fiberV3(a)
	},
	"hertz": func(h *adaptertest.Harness) (string, func(), error) {
		require, prompt := hertzwechat.Require(plain(h)...), hertzwechat.Require(plain(h, hertzwechat.Prompt)...)
		handler := func(c context.Context, ctx *app.RequestContext) {
			ctx.Response.SetBody(h.Serve(adaptertest.Seen{
				Context: c, User: func() *core.User { return hertzwechat.User(c) },
				Method: string(ctx.Request.Header.Method()), Target: string(ctx.Request.Header.RequestURI()), Body: bytes.Clone(ctx.Request.Body()),
			}))
		}
		return hertz(func(s *server.Hertz) {
			s.GET("/apart/profile", prompt, handler)
			s.GET("/apart/twice", require, require, handler)
			s.GET("/apart/optional", hertzwechat.Optional(plain(h)...), handler)
			s.Use(require)
			s.Any("/engine/*rest", handler)
			s.GET("/profile", prompt, handler)
		})
	},
}
