// Package shop is what every app of this folder has behind its login: the same few pages
// and the same table of users. None of it is counted as a line of a login.
package shop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"
)

// User is a person as the shop knows one.
type User struct{ OpenID, Nickname, Avatar string }

// Settings are what an operator configures.
type Settings struct {
	AppID, Secret string
	PublicURL     string // https://app.example.com
	Key           []byte // signs the app's own cookies
	Users         *Users
	HTTPClient    *http.Client // for tests; nil in production
	APIURL        string       // for tests; "" in production
}

// Users is the shop's table of users.
type Users struct {
	mu   sync.Mutex
	rows map[string]User
}

// Save adds a person, or renews the row.
func (u *Users) Save(person User) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.rows == nil {
		u.rows = map[string]User{}
	}
	u.rows[person.OpenID] = person
}

// Find returns the row of an open id.
func (u *Users) Find(openID string) (User, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	person, ok := u.rows[openID]
	return person, ok
}

// Guarded are the patterns of the pages that need a login.
func Guarded() []string { return []string{"GET /me", "GET /orders/", "POST /orders", "GET /api/me"} }

// Mount puts the shop behind a guard of net/http. who reads the visitor behind it.
func Mount(mux *http.ServeMux, guard func(http.Handler) http.Handler, who func(*http.Request) User) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "welcome") })
	page := guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { show(w, r, who(r)) }))
	for _, pattern := range Guarded() {
		mux.Handle(pattern, page)
	}
}

// MountGin is Mount for gin.
func MountGin(r *gin.Engine, guard gin.HandlerFunc, who func(*gin.Context) User) {
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "welcome\n") })
	page := func(c *gin.Context) { show(c.Writer, c.Request, who(c)) }
	r.GET("/me", guard, page)
	r.GET("/orders/*number", guard, page)
	r.POST("/orders", guard, page)
	r.GET("/api/me", guard, page)
}

// show is every page behind the login: it says who the visitor is.
func show(w http.ResponseWriter, _ *http.Request, person User) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(person)
}
