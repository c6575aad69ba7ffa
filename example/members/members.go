package main

import (
	"cmp"
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"time"

	_ "modernc.org/sqlite"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// Member is a person as the site knows her. A time that is not known is zero.
type Member struct {
	Number            int64
	OpenID, UnionID   string
	Nickname, Avatar  string
	ProfileAt         time.Time // when WeChat told nickname and avatar
	Follows           bool
	FollowedAt        time.Time
	FollowedBy        string // WeChat's word for where, such as ADD_SCENE_QR_CODE
	QRScene, Scanned  string
	Met               string
	Created, LastSeen time.Time
}

//go:embed members.sql
var schema string

// members is the user table of one account. Every change is one statement, so that
// two that come at once, for one person or on two nodes, need no lock here.
type members struct {
	db    *sql.DB
	appID string
	now   func() time.Time
}

// openMembers opens the table in a file, or for "" in memory.
func openMembers(file, appID string) (*members, error) {
	name := ":memory:"
	if file != "" {
		name = (&url.URL{Scheme: "file", Path: file, OmitHost: true}).String() + "?_pragma=busy_timeout(3000)&_pragma=journal_mode(wal)"
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	if file == "" {
		db.SetMaxOpenConns(1) // each connection has a memory of its own
	}
	if _, err := db.Exec(schema); err != nil {
		db.Close()
		return nil, fmt.Errorf("members: cannot use the table: %w; set DB to a file that can be written", err)
	}
	return &members{db, appID, time.Now}, nil
}

func (m *members) Close() error { return m.db.Close() }

// loggedIn registers who logs in, or finds her. A silent login, which brings no
// profile, leaves the one that is known alone. So does WeChat's placeholder for somebody
// who hides her profile (core.User.Anonymous): a known name is better than 微信用户.
func (m *members) loggedIn(ctx context.Context, u *core.User) (number int64, err error) {
	profileAt := int64(0)
	if u.Scope == core.Prompt {
		profileAt = u.LoggedInAt.Unix()
	}
	err = m.db.QueryRowContext(ctx, `
		INSERT INTO members (app_id, openid, union_id, nickname, avatar, profile_at, met, created_at, last_login)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'login', ?7, ?8)
		ON CONFLICT (app_id, openid) DO UPDATE SET
			last_login = max(last_login, excluded.last_login),
			union_id   = iif(excluded.union_id = '', union_id, excluded.union_id),
			nickname   = iif(excluded.profile_at = 0 OR ?9 AND nickname <> '', nickname, excluded.nickname),
			avatar     = iif(excluded.profile_at = 0 OR ?9 AND nickname <> '', avatar, excluded.avatar),
			profile_at = iif(excluded.profile_at = 0, profile_at, excluded.profile_at)
		RETURNING number`,
		m.appID, u.OpenID, u.UnionID, u.Nickname, u.Avatar, profileAt, m.now().Unix(), u.LoggedInAt.Unix(), u.Anonymous(),
	).Scan(&number)
	return number, err
}

// followed registers who follows, or notes that she does. at is when WeChat made the
// message: an older one than the latest changes nothing, and number is 0.
func (m *members) followed(ctx context.Context, openID string, at time.Time, scene string) (number int64, err error) {
	err = m.db.QueryRowContext(ctx, `
		INSERT INTO members (app_id, openid, follows, news_at, followed_at, qr_scene, met, created_at)
		VALUES (?, ?, 1, ?, ?, ?, 'follow', ?)
		ON CONFLICT (app_id, openid) DO UPDATE SET
			follows = 1, news_at = excluded.news_at, followed_at = excluded.followed_at,
			qr_scene = excluded.qr_scene, followed_by = ''
		WHERE excluded.news_at >= news_at
		RETURNING number`,
		m.appID, openID, at.Unix(), at.Unix(), scene, m.now().Unix(),
	).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return number, err
}

// described takes over what WeChat tells of a follower. It may be older than the
// news that she has left.
func (m *members) described(ctx context.Context, f *wxapi.Follower) error {
	if !f.Subscribed {
		return nil // she has just left; WeChat tells us by a message
	}
	since, scene := int64(0), f.QRSceneText
	if !f.SubscribedAt.IsZero() {
		since = f.SubscribedAt.Unix()
	}
	if f.QRScene != 0 {
		scene = fmt.Sprint(f.QRScene)
	}
	_, err := m.db.ExecContext(ctx, `
		UPDATE members SET
			follows     = 1,
			news_at     = max(news_at, ?1),
			followed_at = iif(?1 = 0, followed_at, ?1),
			union_id    = iif(?2 = '', union_id, ?2),
			followed_by = ?3,
			qr_scene    = iif(?4 = '', qr_scene, ?4)
		WHERE app_id = ?5 AND openid = ?6 AND (follows = 1 OR news_at = 0 OR news_at < ?1)`,
		since, f.UnionID, cmp.Or(f.Scene, "unknown"), scene, m.appID, f.OpenID)
	return err
}

// left notes that somebody no longer follows and forgets her face and her ways;
// number and openid stay, so that she is the same member should she come back. Who
// is not known is not registered for leaving: should the message that she followed
// arrive later than this one, the table says wrongly that she follows. Doors ask
// WeChat and not the table.
func (m *members) left(ctx context.Context, openID string, at time.Time) (number int64, err error) {
	err = m.db.QueryRowContext(ctx, `
		UPDATE members SET
			follows = 0, news_at = ?1, followed_at = 0, followed_by = '', qr_scene = '', scanned = '',
			nickname = '', avatar = '', profile_at = 0
		WHERE app_id = ?2 AND openid = ?3 AND news_at <= ?1
		RETURNING number`, at.Unix(), m.appID, openID).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return number, err
}

// sawScan notes the scene of a QR code that a follower scanned; found is false for
// somebody who is not known.
func (m *members) sawScan(ctx context.Context, openID, scene string) (found bool, err error) {
	r, err := m.db.ExecContext(ctx, `UPDATE members SET scanned = ? WHERE app_id = ? AND openid = ?`, scene, m.appID, openID)
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n > 0, err
}

// renewed takes over a profile that was read again, as loggedIn does.
func (m *members) renewed(ctx context.Context, u *core.User) error {
	_, err := m.db.ExecContext(ctx, `
		UPDATE members SET
			nickname   = iif(?7 AND nickname <> '', nickname, ?1),
			avatar     = iif(?7 AND nickname <> '', avatar, ?2),
			profile_at = ?3,
			union_id   = iif(?4 = '', union_id, ?4)
		WHERE app_id = ?5 AND openid = ?6`,
		u.Nickname, u.Avatar, m.now().Unix(), u.UnionID, m.appID, u.OpenID, u.Anonymous())
	return err
}

// askAgain has the next login on /profile show WeChat's consent page, and keeps what
// there is until then.
func (m *members) askAgain(ctx context.Context, openID string) error {
	_, err := m.db.ExecContext(ctx, `UPDATE members SET profile_at = 0 WHERE app_id = ? AND openid = ?`, m.appID, openID)
	return err
}

// blocked says whether the site lets somebody in no more, and what she is to read.
func (m *members) blocked(ctx context.Context, openID string) (reason string, is bool, err error) {
	err = m.db.QueryRowContext(ctx, `SELECT reason FROM blocked WHERE app_id = ? AND openid = ?`, m.appID, openID).Scan(&reason)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return reason, err == nil, err
}

// find is nil for somebody who is not known.
func (m *members) find(ctx context.Context, openID string) (*Member, error) {
	var p Member
	var profileAt, followedAt, created, seen int64
	err := m.db.QueryRowContext(ctx, `
		SELECT number, openid, union_id, nickname, avatar, profile_at, follows, followed_at, followed_by,
			qr_scene, scanned, met, created_at, last_login
		FROM members WHERE app_id = ? AND openid = ?`, m.appID, openID,
	).Scan(&p.Number, &p.OpenID, &p.UnionID, &p.Nickname, &p.Avatar, &profileAt, &p.Follows, &followedAt, &p.FollowedBy,
		&p.QRScene, &p.Scanned, &p.Met, &created, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p.ProfileAt, p.FollowedAt, p.Created, p.LastSeen = moment(profileAt), moment(followedAt), moment(created), moment(seen)
	return &p, nil
}

func moment(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}
