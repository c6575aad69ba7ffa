package embedding

import (
	"bytes"
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
	"github.com/gorilla/handlers"
	"github.com/unrolled/secure"
)

var write = flag.Bool("write", false, "write what was found into README.md")

func fiberOf(m ...func() fiber.Handler) app { return overFiber(fiber.Config{}, m...) }

var rows = []struct {
	framework, name string
	app             app
}{
	{"gin", "gin.Recovery", overGin(gin.Recovery())},
	{"gin", "gzip", overGin(gzip.Gzip(gzip.DefaultCompression))},
	{"gin", "cors", overGin(cors.Default())},
	{"gin", "secure", overGin(ginsecure.New(ginsecure.Config{FrameDeny: true, ContentSecurityPolicy: "default-src 'self'", ContentTypeNosniff: true, ReferrerPolicy: "origin"}))},
	{"gin", "an error middleware", overGin(func(c *gin.Context) {
		c.Next()
		if len(c.Errors) > 0 {
			c.JSON(500, c.Errors)
		}
	})},
	{"fiber", "helmet", fiberOf(func() fiber.Handler { return helmet.New(helmet.Config{ContentSecurityPolicy: "default-src 'self'"}) })},
	{"fiber", "compress", fiberOf(func() fiber.Handler { return compress.New() })},
	{"fiber", "etag", fiberOf(func() fiber.Handler { return etag.New() })},
	{"fiber", "cache", fiberOf(func() fiber.Handler { return cache.New() })},
	{"fiber", "cors", fiberOf(func() fiber.Handler { return fibercors.New() })},
	{"fiber", "csrf", fiberOf(func() fiber.Handler { return csrf.New() })},
	{"fiber", "encryptcookie", fiberOf(func() fiber.Handler { return encryptcookie.New(encryptcookie.Config{Key: encryptcookie.GenerateKey()}) })},
	{"fiber", "limiter", fiberOf(func() fiber.Handler { return limiter.New(limiter.Config{Max: 1000}) })},
	{"fiber", "recover", fiberOf(func() fiber.Handler { return recover.New() })},
	{"fiber", "StreamRequestBody", overFiber(fiber.Config{StreamRequestBody: true})},
	{"fiber", "Immutable", overFiber(fiber.Config{Immutable: true})},
	{"fiber", "DisableHeaderNormalizing", overFiber(fiber.Config{DisableHeaderNormalizing: true})},
	{"net/http", "chi's Recoverer", overNetHTTP(middleware.Recoverer)},
	{"net/http", "chi's Compress", overNetHTTP(middleware.Compress(5))},
	{"net/http", "chi's Timeout", overNetHTTP(middleware.Timeout(time.Minute))},
	{"net/http", "chi's NoCache", overNetHTTP(middleware.NoCache)},
	{"net/http", "gorilla's CompressHandler", overNetHTTP(handlers.CompressHandler)},
	{"net/http", "gorilla's RecoveryHandler", overNetHTTP(handlers.RecoveryHandler())},
	{"net/http", "unrolled/secure", overNetHTTP(secure.New(secure.Options{ContentSecurityPolicy: "default-src 'self'", FrameDeny: true, ReferrerPolicy: "origin"}).Handler)},
	{"net/http", "http.TimeoutHandler", overNetHTTP(func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Minute, "late") })},
	{"net/http", "Content-Type set outside", overNetHTTP(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			h.ServeHTTP(w, r)
		})
	})},
}

// The table in README.md is what the run finds. A difference is a change of behaviour:
// mend it, or run the test with -write and say why.
func TestMatrix(t *testing.T) {
	s, proxy := newSite(t), startNginx(t, throughPort, "127.0.0.1:1")
	lines := make([]string, 2*len(rows))
	var all sync.WaitGroup
	for i, row := range rows {
		for j, p := range []place{outside, inside} {
			a := start(t, s, proxy, row.app, p)
			all.Go(func() {
				cells := []string{row.framework, row.name, p.String()}
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
