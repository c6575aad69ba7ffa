package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
)

// catchUpTime is how long a page waits for what WeChat tells of a follower.
const catchUpTime = 2 * time.Second

// onLogin is called once per login. With an error, such as a database that is down,
// there is no login. A blocked person is not registered. Here the open ids of a person at
// the account and at the website application become one member, see personFor.
func (a *app) onLogin(ctx context.Context, u *core.User) error {
	if err := a.refuseBlocked(ctx, u); err != nil {
		return err
	}
	number, err := a.members.loggedIn(ctx, u)
	if err != nil {
		return fmt.Errorf("members: %w", err)
	}
	u.AppUserID = strconv.FormatInt(number, 10)
	return nil
}

// knownProfile tells that nickname and avatar are here already, so that WeChat's
// consent page is shown once and not at every login.
func (a *app) knownProfile(ctx context.Context, openID string) (*core.User, error) {
	m, err := a.members.find(ctx, openID)
	if err != nil || m == nil || m.ProfileAt.IsZero() {
		return nil, err
	}
	return &core.User{UnionID: m.UnionID, Nickname: m.Nickname, Avatar: m.Avatar}, nil
}

// load is called once per request that goes on to a handler; core.Loaded[*Member]
// returns what it finds. Somebody who was blocked since the login is refused at once.
// Somebody who has a session but no row logs in again, and onLogin registers her anew.
// It looks by the pair and not by AppUserID: that of a session is older than a merge.
func (a *app) load(ctx context.Context, u *core.User) (*Member, error) {
	if err := a.refuseBlocked(ctx, u); err != nil {
		return nil, err
	}
	m, err := a.members.findBy(ctx, u.AppID, u.OpenID)
	if err == nil && m == nil {
		err = core.ErrLogInAgain
	}
	return m, err
}

// openIDFor is core.Config.OpenIDFor: MustFollow asks it about a visitor who logged in at
// a desktop browser.
func (a *app) openIDFor(ctx context.Context, u *core.User) (string, error) {
	openID, err := a.members.accountOpenID(ctx, u.AppID, u.OpenID)
	if err != nil {
		return "", fmt.Errorf("members: %w", err)
	}
	return openID, nil
}

// refuseBlocked is an error that shows a blocked person a page with the reason.
func (a *app) refuseBlocked(ctx context.Context, u *core.User) error {
	reason, blocked, err := a.members.blocked(ctx, u)
	switch {
	case err != nil:
		return fmt.Errorf("members: %w", err)
	case blocked:
		return core.Refuse(cmp.Or(reason, "你的会员资格已停用，如有疑问请联系我们。"))
	}
	return nil
}

// onFollow registers a follower before her first visit. The message alone is enough
// for that: what WeChat tells besides is taken over afterwards, and where it cannot
// be had, the next visit tries again (see catchUp). A registration that the database
// refuses is lost here, as WeChat does not send the message again; her first login
// makes up for it.
func (a *app) onFollow(ctx context.Context, e push.FollowEvent) error {
	number, err := a.members.followed(ctx, e.OpenID, e.Time, e.Scene)
	if err != nil {
		return fmt.Errorf("members: %w", err)
	}
	err = a.describe(ctx, e.OpenID)
	a.log.InfoContext(ctx, "follows", "member", number, "described", err == nil)
	return err
}

// describe asks WeChat for a follower's union id, and since when and from where she
// follows.
func (a *app) describe(ctx context.Context, openID string) error {
	f, err := a.auth.Follower(ctx, openID)
	if err != nil {
		return err
	}
	if err := a.members.described(ctx, f); err != nil {
		return fmt.Errorf("members: %w", err)
	}
	return nil
}

// catchUp completes a follower of whom the message was never heard, or WeChat could
// not tell more: say she followed before this site was there. m is somebody whom
// MustFollow let through. Trouble is logged, and the page does without.
func (a *app) catchUp(ctx context.Context, m *Member) *Member {
	if m.Follows && m.FollowedBy != "" {
		return m
	}
	ctx, cancel := context.WithTimeout(ctx, catchUpTime)
	defer cancel()
	err := a.describe(ctx, m.OpenID)
	if err == nil {
		var fresh *Member
		if fresh, err = a.members.find(ctx, m.OpenID); fresh != nil {
			return fresh
		}
	}
	a.log.WarnContext(ctx, "a follower stays undescribed", "member", m.Number, "error", err)
	return m
}

// onUnfollow removes what WeChat asks sites to delete. Her session stays, and what it
// holds until she logs out; the pages show the table and not the session.
func (a *app) onUnfollow(ctx context.Context, e push.UnfollowEvent) error {
	number, err := a.members.left(ctx, e.OpenID, e.Time)
	if err != nil {
		return fmt.Errorf("members: %w", err)
	}
	a.log.InfoContext(ctx, "left", "member", number)
	return nil
}

// onScan notes the code that a follower scanned. One who is not known followed before
// this site was there.
func (a *app) onScan(ctx context.Context, e push.ScanEvent) error {
	found, err := a.members.sawScan(ctx, e.OpenID, e.Scene)
	if err == nil && !found {
		if _, err = a.members.followed(ctx, e.OpenID, e.Time, ""); err == nil {
			_, err = a.members.sawScan(ctx, e.OpenID, e.Scene)
		}
	}
	if err != nil {
		return fmt.Errorf("members: %w", err)
	}
	a.log.InfoContext(ctx, "scanned", "scene", e.Scene)
	return nil
}
