package embedding

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-contrib/cors"
	"github.com/gin-contrib/gzip"
	ginsecure "github.com/gin-contrib/secure"
	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/cache"
	"github.com/gofiber/fiber/v2/middleware/compress"
	fibercors "github.com/gofiber/fiber/v2/middleware/cors"
	"github.com/gofiber/fiber/v2/middleware/csrf"
	"github.com/gofiber/fiber/v2/middleware/encryptcookie"
	"github.com/gofiber/fiber/v2/middleware/etag"
	"github.com/gofiber/fiber/v2/middleware/helmet"
	"github.com/gofiber/fiber/v2/middleware/limiter"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/gofiber/fiber/v2/middleware/session"
	"github.com/gorilla/handlers"
	"github.com/unrolled/secure"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

var write = flag.Bool("write", false, "write what was found into README.md")

func fiberOf(m ...func() fiber.Handler) app { return overFiber(fiber.Config{}, m...) }

// row is one middleware. A row of a protocol has no outside and no inside.
type row struct {
	framework, name string
	app             app
	path            string                   // where the app is mounted
	scheme          string                   // "" is http
	http2           func() http.RoundTripper // of visitors who speak HTTP/2; nil is HTTP/1.1
}

var rows = []row{
	{framework: "gin", name: "gin.Recovery", app: overGin(gin.Recovery())},
	{framework: "gin", name: "gzip", app: overGin(gzip.Gzip(gzip.DefaultCompression))},
	{framework: "gin", name: "cors", app: overGin(cors.Default())},
	{framework: "gin", name: "secure", app: overGin(ginsecure.New(ginsecure.Config{FrameDeny: true, ContentSecurityPolicy: "default-src 'self'", ContentTypeNosniff: true, ReferrerPolicy: "origin"}))},
	{framework: "gin", name: "an error middleware", app: overGin(func(c *gin.Context) {
		c.Next()
		if len(c.Errors) > 0 {
			c.JSON(500, c.Errors)
		}
	})},
	{framework: "gin", name: "sessions", app: overGin(sessions.Sessions("own", cookie.NewStore([]byte("made-up-key"))), func(c *gin.Context) {
		own := sessions.Default(c)
		own.Set("seen", true)
		_ = own.Save()
		c.Next()
	})},
	{framework: "gin", name: "a deadline in the context", app: overGin(func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), time.Minute)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	})},
	{framework: "gin", name: "otelgin", app: overGin(otelgin.Middleware("app", otelgin.WithTracerProvider(sdktrace.NewTracerProvider())))},
	{framework: "fiber", name: "helmet", app: fiberOf(func() fiber.Handler { return helmet.New(helmet.Config{ContentSecurityPolicy: "default-src 'self'"}) })},
	{framework: "fiber", name: "compress", app: fiberOf(func() fiber.Handler { return compress.New() })},
	{framework: "fiber", name: "etag", app: fiberOf(func() fiber.Handler { return etag.New() })},
	{framework: "fiber", name: "cache", app: fiberOf(func() fiber.Handler { return cache.New() })},
	{framework: "fiber", name: "cors", app: fiberOf(func() fiber.Handler { return fibercors.New() })},
	{framework: "fiber", name: "csrf", app: fiberOf(func() fiber.Handler { return csrf.New() })},
	{framework: "fiber", name: "encryptcookie", app: fiberOf(func() fiber.Handler { return encryptcookie.New(encryptcookie.Config{Key: encryptcookie.GenerateKey()}) })},
	{framework: "fiber", name: "limiter", app: fiberOf(func() fiber.Handler { return limiter.New(limiter.Config{Max: 1000}) })},
	{framework: "fiber", name: "recover", app: fiberOf(func() fiber.Handler { return recover.New() })},
	{framework: "fiber", name: "StreamRequestBody", app: overFiber(fiber.Config{StreamRequestBody: true})},
	{framework: "fiber", name: "Immutable", app: overFiber(fiber.Config{Immutable: true})},
	{framework: "fiber", name: "DisableHeaderNormalizing", app: overFiber(fiber.Config{DisableHeaderNormalizing: true})},
	{framework: "fiber", name: "session", app: fiberOf(func() fiber.Handler {
		store := session.New()
		return func(c *fiber.Ctx) error {
			own, err := store.Get(c)
			if err != nil {
				return err
			}
			own.Set("seen", true)
			if err := own.Save(); err != nil {
				return err
			}
			return c.Next()
		}
	})},
	{framework: "fiber", name: "proxy", app: fiberProxied},
	{framework: "fiber", name: "Static", app: withStatic},
	{framework: "fiber", name: "Mount", app: mounted, path: prefix},
	{framework: "net/http", name: "chi's Recoverer", app: overNetHTTP(middleware.Recoverer)},
	{framework: "net/http", name: "chi's Compress", app: overNetHTTP(middleware.Compress(5))},
	{framework: "net/http", name: "chi's Timeout", app: overNetHTTP(middleware.Timeout(time.Minute))},
	{framework: "net/http", name: "chi's NoCache", app: overNetHTTP(middleware.NoCache)},
	{framework: "net/http", name: "gorilla's CompressHandler", app: overNetHTTP(handlers.CompressHandler)},
	{framework: "net/http", name: "gorilla's RecoveryHandler", app: overNetHTTP(handlers.RecoveryHandler())},
	{framework: "net/http", name: "unrolled/secure", app: overNetHTTP(secure.New(secure.Options{ContentSecurityPolicy: "default-src 'self'", FrameDeny: true, ReferrerPolicy: "origin"}).Handler)},
	{framework: "net/http", name: "http.TimeoutHandler", app: overNetHTTP(func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Minute, "late") })},
	{framework: "net/http", name: "otelhttp", app: overNetHTTP(otelhttp.NewMiddleware("app", otelhttp.WithTracerProvider(sdktrace.NewTracerProvider())))},
	{framework: "net/http", name: "http.StripPrefix", app: stripped, path: prefix},
	{framework: "net/http", name: "httputil.ReverseProxy", app: reverseProxied},
	{framework: "net/http", name: "HTTP/2", app: overHTTP2, scheme: "https", http2: http2Transport},
	{framework: "net/http", name: "h2c", app: overH2C, http2: h2cTransport},
	{framework: "net/http", name: "Content-Type set outside", app: overNetHTTP(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			h.ServeHTTP(w, r)
		})
	})},
}

// The table in README.md is what the run finds. A difference is a change of behaviour:
// mend it, or run the test with -write and say why.
func TestMatrix(t *testing.T) {
	s, proxy, b := newSite(t), startNginx(t, throughPort, "127.0.0.1:1"), startBrowser(t)
	lines := make([]string, 2*len(rows))
	var all sync.WaitGroup
	for i, row := range rows {
		for j, p := range []place{outside, inside} {
			where := p.String()
			if row.http2 != nil {
				if p == inside {
					continue
				}
				where = "around"
			}
			a := start(t, s, proxy, b, row, p)
			all.Go(func() {
				cells := []string{row.framework, row.name, where}
				for _, c := range checks {
					found := c.run(a)
					if found == "" {
						found = "ok"
					}
					cells = append(cells, found)
				}
				lines[2*i+j] = "| " + strings.Join(cells, " | ") + " |\n"
			})
		}
	}
	all.Wait()
	table := header() + strings.Join(lines, "")
	const file, begin, end = "README.md", "<!-- table -->\n", "<!-- end -->"
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := bytes.Cut(readme, []byte(begin))
	old, after, ok := bytes.Cut(rest, []byte(end))
	if !ok {
		t.Fatal("README.md has no place for the table")
	}
	if *write {
		if err := os.WriteFile(file, []byte(string(before)+begin+table+end+string(after)), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for line := range strings.Lines(table) {
		if !bytes.Contains(old, []byte(line)) {
			t.Errorf("README.md says otherwise: %s", line)
		}
	}
}

func header() string {
	names, under := "| framework | middleware | where |", "|---|---|---|"
	for _, c := range checks {
		names, under = fmt.Sprintf("%s %s |", names, c.name), under+"---|"
	}
	return names + "\n" + under + "\n"
}
