package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
)

// onLogin registers who logs in. It runs once per login, on the node that exchanges the
// code; without the database there is no login.
func (n *node) onLogin(ctx context.Context, u *core.User) error {
	number, err := n.members.loggedIn(ctx, u)
	if err != nil {
		return fmt.Errorf("members: %w", err)
	}
	u.AppUserID = strconv.FormatInt(number, 10)
	return nil
}

// knownProfile says that nickname and avatar are known, so that WeChat's consent page is
// shown once and not at every login.
func (n *node) knownProfile(ctx context.Context, openID string) (*core.User, error) {
	return n.members.profile(ctx, openID)
}

// onFollow runs on the node that received the message.
func (n *node) onFollow(ctx context.Context, e push.FollowEvent) error {
	if err := n.members.followed(ctx, e.OpenID, e.Time); err != nil {
		return fmt.Errorf("members: %w", err)
	}
	return nil
}

// onUnfollow deletes the profile, as WeChat asks sites to do.
func (n *node) onUnfollow(ctx context.Context, e push.UnfollowEvent) error {
	if err := n.members.left(ctx, e.OpenID, e.Time); err != nil {
		return fmt.Errorf("members: %w", err)
	}
	return nil
}
