package gorilla

import (
	"net/http"

	"github.com/alexedwards/scs/v2"
	gorilla "github.com/gorilla/sessions"

	"github.com/seed467724c4/wechat/nethttp"
)

// moveCart reads a visitor's old session once, behind the guard: by then WeChat has said
// silently who the visitor is. A cart of the same person moves into the new session, and
// the old cookie is deleted. Delete this file, and moveCart around the guard, a month
// after the switch: then no old session is left.
func moveCart(guard func(http.Handler) http.Handler, key []byte, sessions *scs.SessionManager) func(http.Handler) http.Handler {
	store := gorilla.NewCookieStore(key)
	return func(next http.Handler) http.Handler {
		return guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			old, err := store.Get(r, "session")
			if err == nil && !old.IsNew {
				if cart, ok := old.Values["cart"].(string); ok && old.Values["openid"] == nethttp.User(r).OpenID {
					sessions.Put(r.Context(), "cart", cart+sessions.GetString(r.Context(), "cart"))
				}
				old.Options.MaxAge = -1
				if err := old.Save(r, w); err != nil {
					http.Error(w, "not moved", http.StatusInternalServerError)
					return
				}
			}
			next.ServeHTTP(w, r)
		}))
	}
}
