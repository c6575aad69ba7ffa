package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkRequest is what a login adds to a request: go test -bench Request -benchmem.
func BenchmarkRequest(b *testing.B) {
	all, err := sites()
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range all {
		b.Run(s.framework+"/"+s.who, s.bench)
	}
}

func TestWhatIsMeasuredIsALogin(t *testing.T) {
	all, err := sites()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		for _, logged := range []bool{true, false} {
			r := httptest.NewRequest(http.MethodGet, "/api/me", nil)
			r.Host = "app.example.com"
			if logged {
				for _, c := range s.cookies {
					r.AddCookie(c)
				}
			}
			w := httptest.NewRecorder()
			s.app.ServeHTTP(w, r)
			if open := logged || s.who == bare; (w.Code == http.StatusOK) != open {
				t.Errorf("rule: who is measured lets a visitor in with the session, and without it refuses; %s, %s, logged in %v: %d", s.framework, s.who, logged, w.Code)
			}
		}
	}
}
