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
	OpenID            string // at the account; "" where only the website application's is known
	UnionID           string
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

// members are the tables of people and what the site keeps about them. Every change is
// one statement or one transaction (see write), so that two that come at once, for one
// person or on two nodes, need no lock here.
type members struct {
	db    *sql.DB
	appID string // the account's
	now   func() time.Time
}

// openMembers opens the tables in a file, or for "" in memory. A transaction waits up to
// 5 s for another one, half of what a login may take.
func openMembers(file, appID string) (*members, error) {
	name := ":memory:?_pragma=foreign_keys(1)"
	if file != "" {
		name = (&url.URL{Scheme: "file", Path: file, OmitHost: true}).String() +
			"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=foreign_keys(1)"
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	if file == "" {
		db.SetMaxOpenConns(1) // each connection has a memory of its own
	}
	m := &members{db, appID, time.Now}
	if err := m.createTables(context.Background()); err != nil {
		db.Close()
		return nil, fmt.Errorf("members: cannot use the tables: %w; set DB to a file that can be written", err)
	}
	return m, nil
}

func (m *members) Close() error { return m.db.Close() }

// thePerson picks the row of the person who has the pair ?1, ?2.
const thePerson = `number = (SELECT person_id FROM identities WHERE app_id = ?1 AND open_id = ?2)`

// loggedIn registers who logs in, or finds her, see personFor. A silent login, which
// brings no profile, leaves the one that is known alone. So does WeChat's placeholder for
// somebody who hides her profile (core.User.Anonymous): a known name is better than 微信用户.
func (m *members) loggedIn(ctx context.Context, u *core.User) (number int64, err error) {
	profileAt := int64(0)
	if u.Scope == core.Prompt {
		profileAt = u.LoggedInAt.Unix()
	}
	err = m.write(ctx, func(tx *sql.Tx) error {
		if number, err = personFor(ctx, tx, u.AppID, u.OpenID, u.UnionID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO members (number, nickname, avatar, profile_at, met, created_at, last_login)
			VALUES (?1, ?2, ?3, ?4, 'login', ?5, ?6)
			ON CONFLICT (number) DO UPDATE SET
				last_login = max(last_login, excluded.last_login),
				nickname   = iif(excluded.profile_at = 0 OR ?7 AND nickname <> '', nickname, excluded.nickname),
				avatar     = iif(excluded.profile_at = 0 OR ?7 AND nickname <> '', avatar, excluded.avatar),
				profile_at = iif(excluded.profile_at = 0, profile_at, excluded.profile_at)`,
			number, u.Nickname, u.Avatar, profileAt, m.now().Unix(), u.LoggedInAt.Unix(), u.Anonymous())
		return err
	})
	return number, err
}

// followed registers who follows, or notes that she does. at is when WeChat made the
// message: an older one than the latest changes nothing, and number is 0.
func (m *members) followed(ctx context.Context, openID string, at time.Time, scene string) (number int64, err error) {
	err = m.write(ctx, func(tx *sql.Tx) error {
		person, err := personFor(ctx, tx, m.appID, openID, "") // the message has no union id
		if err != nil {
			return err
		}
		number, err = one(tx.QueryRowContext(ctx, `
			INSERT INTO members (number, follows, news_at, followed_at, qr_scene, met, created_at)
			VALUES (?, 1, ?, ?, ?, 'follow', ?)
			ON CONFLICT (number) DO UPDATE SET
				follows = 1, news_at = excluded.news_at, followed_at = excluded.followed_at,
				qr_scene = excluded.qr_scene, followed_by = ''
			WHERE excluded.news_at >= news_at
			RETURNING number`,
			person, at.Unix(), at.Unix(), scene, m.now().Unix()))
		return err
	})
	return number, err
}

// described takes over what WeChat tells of a follower. It may be older than the
// news that she has left. Her union id may join her with the person who logged in at a
// desktop browser.
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
	return m.write(ctx, func(tx *sql.Tx) error {
		if err := joinKnown(ctx, tx, m.appID, f.OpenID, f.UnionID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE members SET
				follows     = 1,
				news_at     = max(news_at, ?3),
				followed_at = iif(?3 = 0, followed_at, ?3),
				followed_by = ?4,
				qr_scene    = iif(?5 = '', qr_scene, ?5)
			WHERE `+thePerson+` AND (follows = 1 OR news_at = 0 OR news_at < ?3)`,
			m.appID, f.OpenID, since, cmp.Or(f.Scene, "unknown"), scene)
		return err
	})
}

// left notes that somebody no longer follows and forgets her face and her ways;
// number and open ids stay, so that she is the same member should she come back. Who
// is not known is not registered for leaving: should the message that she followed
// arrive later than this one, the table says wrongly that she follows. Doors ask
// WeChat and not the table.
func (m *members) left(ctx context.Context, openID string, at time.Time) (number int64, err error) {
	return one(m.db.QueryRowContext(ctx, `
		UPDATE members SET
			follows = 0, news_at = ?3, followed_at = 0, followed_by = '', qr_scene = '', scanned = '',
			nickname = '', avatar = '', profile_at = 0
		WHERE `+thePerson+` AND news_at <= ?3
		RETURNING number`, m.appID, openID, at.Unix()))
}

// sawScan notes the scene of a QR code that a follower scanned; found is false for
// somebody who is not known.
func (m *members) sawScan(ctx context.Context, openID, scene string) (found bool, err error) {
	r, err := m.db.ExecContext(ctx, `UPDATE members SET scanned = ?3 WHERE `+thePerson, m.appID, openID, scene)
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n > 0, err
}

// renewed takes over a profile that was read again, as loggedIn does.
func (m *members) renewed(ctx context.Context, u *core.User) error {
	return m.write(ctx, func(tx *sql.Tx) error {
		if err := joinKnown(ctx, tx, u.AppID, u.OpenID, u.UnionID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE members SET
				nickname   = iif(?6 AND nickname <> '', nickname, ?3),
				avatar     = iif(?6 AND nickname <> '', avatar, ?4),
				profile_at = ?5
			WHERE `+thePerson,
			u.AppID, u.OpenID, u.Nickname, u.Avatar, m.now().Unix(), u.Anonymous())
		return err
	})
}

// askAgain has the next login on /profile show WeChat's consent page, and keeps what
// there is until then.
func (m *members) askAgain(ctx context.Context, u *core.User) error {
	_, err := m.db.ExecContext(ctx, `UPDATE members SET profile_at = 0 WHERE `+thePerson, u.AppID, u.OpenID)
	return err
}

// blocked says whether the site lets somebody in no more, and what she is to read. A
// person who is blocked under one of her open ids is blocked under all, also before the
// login that would add another one: the union id tells.
func (m *members) blocked(ctx context.Context, u *core.User) (reason string, is bool, err error) {
	err = m.db.QueryRowContext(ctx, `
		SELECT reason FROM blocked WHERE app_id = ?1 AND openid = ?2
		UNION ALL
		SELECT reason FROM identities JOIN blocked ON blocked.app_id = identities.app_id AND blocked.openid = identities.open_id
		WHERE person_id IN (
			SELECT person_id FROM identities WHERE app_id = ?1 AND open_id = ?2
			UNION ALL
			SELECT id FROM people WHERE union_id = nullif(?3, ''))
		LIMIT 1`, u.AppID, u.OpenID, u.UnionID).Scan(&reason)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return reason, err == nil, err
}

// find is the member with this open id at the account; nil for somebody who is not known.
func (m *members) find(ctx context.Context, openID string) (*Member, error) {
	return m.findBy(ctx, m.appID, openID)
}

// findBy is the member with this pair; nil for somebody who is not known.
func (m *members) findBy(ctx context.Context, appID, openID string) (*Member, error) {
	var p Member
	var profileAt, followedAt, created, seen int64
	err := m.db.QueryRowContext(ctx, `
		SELECT number, coalesce(union_id, ''), nickname, avatar, profile_at, follows, followed_at, followed_by,
			qr_scene, scanned, met, created_at, last_login,
			coalesce((SELECT open_id FROM identities WHERE person_id = number AND app_id = ?3 ORDER BY rowid DESC LIMIT 1), '')
		FROM members JOIN people ON id = number WHERE `+thePerson, appID, openID, m.appID,
	).Scan(&p.Number, &p.UnionID, &p.Nickname, &p.Avatar, &profileAt, &p.Follows, &followedAt, &p.FollowedBy,
		&p.QRScene, &p.Scanned, &p.Met, &created, &seen, &p.OpenID)
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
