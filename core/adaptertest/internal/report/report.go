// Package report carries what a handler of the app under test saw to the suites: which
// user, in which places, and the request as it arrived. It never judges these values. Of
// this module it imports core and core/adaptertest/internal/rawhttp.
package report

import (
	"encoding/json"
	"fmt"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
)

// Report is the body of a handler's answer, as JSON.
type Report struct {
	Accessor, Native, Context User
	HasNative                 bool
	Panic                     string // text of the accessor's panic
	Outer                     string // value that the app's own middleware put into the context
	Loaded                    Loaded
	Elsewhere                 []Elsewhere // in other contexts that the handler can hold
	Method                    string
	Target, Body              []byte // not strings: JSON would replace broken UTF-8
}

// User is who a place says is logged in. Known is false for an anonymous visitor.
type User struct {
	Known            bool
	OpenID, Nickname string
}

// Elsewhere is what another context holds.
type Elsewhere struct {
	User   User
	Loaded Loaded
}

// Loaded is the app's own user, made by LoadUser.
type Loaded struct{ OpenID, Outer string }

// UserOf reduces a user to what a report holds; nil is an anonymous visitor.
func UserOf(u *core.User) User {
	if u == nil {
		return User{}
	}
	return User{true, u.OpenID, u.Nickname}
}

// Of reads the report in a handler's answer. Every other answer is an error.
func Of(a *rawhttp.Answer) (*Report, error) {
	var r Report
	if a.Status != 200 {
		return nil, fmt.Errorf("want the handler's answer, got %v", a)
	}
	if err := json.Unmarshal(a.Body, &r); err != nil {
		return nil, fmt.Errorf("want the handler's answer and nothing else, got %v", a)
	}
	return &r, nil
}
