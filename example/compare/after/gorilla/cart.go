package gorilla

import (
	"io"
	"net/http"

	"github.com/alexedwards/scs/v2"
)

// mountCart adds what else the app keeps in its sessions.
func mountCart(mux *http.ServeMux, guard func(http.Handler) http.Handler, sessions *scs.SessionManager) {
	mux.Handle("POST /cart", guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		sessions.Put(r.Context(), "cart", sessions.GetString(r.Context(), "cart")+r.FormValue("item")+"\n")
	})))
	mux.Handle("GET /cart", guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, sessions.GetString(r.Context(), "cart"))
	})))
}
