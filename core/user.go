package core

import (
	"fmt"
	"log/slog"
	"time"
)

// User is a visitor whose identity WeChat has confirmed. It marshals to JSON as a
// profile for the app's own pages; it never holds a token. Printed with fmt or slog it
// shows the app id and the first characters of the open id only.
type User struct {
	// AppID is the Official Account that the other ids belong to, or the website
	// application if the person logged in by scanning its code ([Config.Website]).
	AppID string `json:"app_id"`
	// OpenID names the person within AppID, always present. With AppID it is the
	// identity to key a user table by.
	OpenID string `json:"openid"`
	// UnionID names the person across the accounts and website applications of one
	// company. WeChat sends it only for accounts bound to its Open Platform (开放平台), and
	// only with [Prompt] (snsAccessToken); after a silent login it is empty. A login by
	// scan ([Config.Website]) brings it, because website applications belong to the
	// Open Platform. [Auth.Follower] returns it for a person who follows the account
	// (getUserInfo).
	UnionID string `json:"unionid,omitempty"`
	// Scope is what the visitor granted.
	Scope Scope `json:"scope"`
	// Nickname and Avatar are chosen by the visitor and identify no one. Both are empty
	// after a silent login. The avatar's URL stops working when the visitor changes the
	// avatar.
	Nickname string `json:"nickname,omitempty"`
	Avatar   string `json:"avatar,omitempty"`
	// Sex is 0 unknown, 1 male, 2 female. WeChat sends 0 since 2021-10-20, and
	// empty regions (api_snsuserinfo).
	Sex      int    `json:"sex,omitempty"`
	Country  string `json:"country,omitempty"`
	Province string `json:"province,omitempty"`
	City     string `json:"city,omitempty"`
	// Privilege lists WeChat's marks, such as "chinaunicom".
	Privilege []string `json:"privilege,omitempty"`
	// LoggedInAt is the time of the login, to the second.
	LoggedInAt time.Time `json:"logged_in_at"`
	// Screen reports that the visitor logged in at a screen whose code a phone has allowed;
	// see [Config.ScreenLogin]. An app may allow such a session less.
	Screen bool `json:"screen,omitempty"`
	// AppUserID is the app's own id for the person, if [Config.OnLogin] set one.
	AppUserID string `json:"app_user_id,omitempty"`
}

// Anonymous reports that WeChat sent a placeholder instead of a profile, as it does for
// people who chose to hide theirs: the nickname is 微信用户 and the avatar grey
// (小程序用户头像昵称获取规则调整公告). An app that knows a better name keeps its own. A person who
// really has this nickname is taken for anonymous, too.
func (u *User) Anonymous() bool { return u != nil && u.Scope == Prompt && u.Nickname == "微信用户" }

// String masks the open id: logs are read by more people than user tables.
func (u *User) String() string {
	if u == nil {
		return "anonymous"
	}
	return fmt.Sprintf("user %s of %s (%s)", mask(u.OpenID), u.AppID, u.Scope)
}

// Format masks under every verb, also what is printed by value.
func (u User) Format(f fmt.State, _ rune) { fmt.Fprint(f, u.String()) }

// LogValue masks as String does; so log the pointer.
func (u *User) LogValue() slog.Value { return slog.StringValue(u.String()) }

func mask(id string) string {
	if len(id) <= 6 {
		return "***"
	}
	return id[:6] + "***"
}

// level is what a login has brought: nothing, the open id, or the profile too.
type level uint8

const (
	anonymous level = iota
	silentLevel
	promptLevel
)

func (s Scope) level() level {
	if s == Prompt {
		return promptLevel
	}
	return silentLevel
}

func (u *User) level() level {
	if u == nil {
		return anonymous
	}
	return u.Scope.level()
}
