package site

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxapi"
)

func TestPeopleAreJoinedByTheUnionID(t *testing.T) {
	desk := func(union string) *core.User { return &core.User{AppID: "wxdesk", OpenID: "o-desk", UnionID: union} }
	for rule, c := range map[string]struct {
		learn func(*people) error
		union string
		want  string
	}{
		"a login with consent brings it": {func(p *people) error {
			return p.loggedIn(t.Context(), &core.User{AppID: "wxaccount", OpenID: "o-mei", UnionID: "u-mei"})
		}, "u-mei", "o-mei"},
		"so does a follow": {func(p *people) error {
			return p.followed(t.Context(), push.FollowEvent{Message: push.Message{OpenID: "o-mei"}})
		}, "u-mei", "o-mei"},
		"a silent login brings none": {func(p *people) error {
			return p.loggedIn(t.Context(), &core.User{AppID: "wxaccount", OpenID: "o-mei"})
		}, "u-mei", ""},
		"people without a union id are not one person": {func(p *people) error {
			return p.loggedIn(t.Context(), &core.User{AppID: "wxaccount", OpenID: "o-mei"})
		}, "", ""},
		"a login at the screen tells nothing of the account": {func(p *people) error { return p.loggedIn(t.Context(), desk("u-mei")) }, "u-mei", ""},
		"another person is another person": {func(p *people) error {
			return p.followed(t.Context(), push.FollowEvent{Message: push.Message{OpenID: "o-mei"}})
		}, "u-jun", ""},
	} {
		p := newPeople("wxaccount")
		p.follower = func(context.Context, string) (*wxapi.Follower, error) { return &wxapi.Follower{UnionID: "u-mei"}, nil }
		if err := c.learn(p); err != nil {
			t.Fatal(err)
		}
		if got, err := p.openIDFor(t.Context(), desk(c.union)); got != c.want || err != nil {
			t.Errorf("rule: %s; got %q %v, want %q", rule, got, err, c.want)
		}
	}
	p := newPeople("wxaccount")
	p.follower = func(context.Context, string) (*wxapi.Follower, error) { return nil, errors.New("down") }
	if p.followed(t.Context(), push.FollowEvent{Message: push.Message{OpenID: "o-mei"}}) == nil {
		t.Error("rule: trouble at WeChat is told")
	}
	for i := range maxPeople + 1 {
		p.join(fmt.Sprint("u", i), "o-first")
	}
	p.join("u1", "o-second")
	if len(p.openIDs) != maxPeople || p.openIDs["u1"] != "o-second" {
		t.Errorf("rule: memory is bounded, and who is known stays: %d", len(p.openIDs))
	}
}
