// Package surroundings is what the guides' fragments take for granted.
package surroundings

import (
	"context"
	"fmt"
	"net/http"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

// Member is a user of the reader's app.
type Member struct{ ID string }

var (
	id, secret, shopID, shopSecret, token, aesKey string

	users interface {
		FindOrCreate(ctx context.Context, appID, openID, unionID string) (id string, err error)
		Banned(ctx context.Context, openID string) bool
		Get(ctx context.Context, id string) (*Member, error)
		Register(ctx context.Context, openID, scene string) error
	}

	config core.Config
	auth   *core.Auth
	store  scs.Store
	r      *gin.Engine

	clubScope func(*core.Request) core.Scope

	home, me, profile, members gin.HandlerFunc

	app = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, nethttp.User(r).OpenID) })
)
