package gorilla

import (
	"io"
	"net/http"
)

// mountCart adds what else the app keeps in its sessions.
func (a *app) mountCart(mux *http.ServeMux) {
	mux.Handle("POST /cart", a.require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := a.store.Get(r, "session")
		items, _ := session.Values["cart"].(string)
		session.Values["cart"] = items + r.FormValue("item") + "\n"
		if err := session.Save(r, w); err != nil {
			http.Error(w, "not saved", http.StatusInternalServerError)
		}
	})))
	mux.Handle("GET /cart", a.require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := a.store.Get(r, "session")
		items, _ := session.Values["cart"].(string)
		io.WriteString(w, items)
	})))
}
