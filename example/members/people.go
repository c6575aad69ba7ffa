package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// write runs do in one transaction: all its changes count, or none. A transaction takes
// the write lock before its first read (_txlock=immediate, see openMembers), so that two
// logins at once, here or on another node, never both find that a person is new. On
// PostgreSQL or MySQL, use SERIALIZABLE and repeat a transaction that the database ends.
func (m *members) write(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after a commit
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// personFor returns the person with this pair, else the person with this union id, else a
// new one. unionID is "" where WeChat did not tell it: then the pair alone decides. If the
// two name two people, they are one, and personFor merges them.
//
// A pair can get another union id, because the operator bound the account to another Open
// Platform account. The latest one counts. Two pairs that share no union id stay apart,
// whatever their nicknames say.
func personFor(ctx context.Context, tx *sql.Tx, appID, openID, unionID string) (int64, error) {
	paired, err := byPair(ctx, tx, appID, openID)
	if err != nil {
		return 0, err
	}
	byUnion := int64(0)
	if unionID != "" {
		if byUnion, err = one(tx.QueryRowContext(ctx, `SELECT id FROM people WHERE union_id = ?`, unionID)); err != nil {
			return 0, err
		}
	}
	switch {
	case paired == 0 && byUnion == 0:
		person, err := one(tx.QueryRowContext(ctx, `INSERT INTO people (union_id) VALUES (nullif(?, '')) RETURNING id`, unionID))
		if err != nil {
			return 0, err
		}
		return person, addPair(ctx, tx, appID, openID, person)
	case paired == 0:
		return byUnion, addPair(ctx, tx, appID, openID, byUnion)
	case unionID == "" || byUnion == paired:
		return paired, nil
	}
	person := paired
	if byUnion != 0 {
		if person, err = merge(ctx, tx, paired, byUnion); err != nil {
			return 0, err
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE people SET union_id = ? WHERE id = ?`, unionID, person)
	return person, err
}

// joinKnown does what personFor does for a pair that is known, and nothing for another.
func joinKnown(ctx context.Context, tx *sql.Tx, appID, openID, unionID string) error {
	known, err := byPair(ctx, tx, appID, openID)
	if err == nil && known != 0 {
		_, err = personFor(ctx, tx, appID, openID, unionID)
	}
	return err
}

// byPair is the person with this pair; 0 for nobody.
func byPair(ctx context.Context, tx *sql.Tx, appID, openID string) (int64, error) {
	return one(tx.QueryRowContext(ctx, `SELECT person_id FROM identities WHERE app_id = ? AND open_id = ?`, appID, openID))
}

func addPair(ctx context.Context, tx *sql.Tx, appID, openID string, person int64) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO identities (app_id, open_id, person_id) VALUES (?, ?, ?)`, appID, openID, person)
	return err
}

// merge makes one person of two, the older one, who gets everything of the newer one.
// A session that still has the newer person's id finds the older one by its pair, see load.
//
// An app with more tables moves their rows here, too:
//
//	UPDATE orders SET person_id = ?older WHERE person_id = ?newer
//
// With foreign keys on, a table that was forgotten here makes the merge fail as a whole,
// before any row of it is lost.
func merge(ctx context.Context, tx *sql.Tx, a, b int64) (older int64, err error) {
	older, newer := min(a, b), max(a, b)
	var unionID sql.NullString
	if err := tx.QueryRowContext(ctx, `SELECT union_id FROM people WHERE id = ?`, newer).Scan(&unionID); err != nil {
		return 0, fmt.Errorf("merging two people: %w", err)
	}
	for _, statement := range []string{
		`UPDATE identities SET person_id = ?1 WHERE person_id = ?2`,
		// Of two rows each value is taken from where it is known better: what WeChat told
		// last of a follower, the latest profile that is no placeholder, the last login.
		`UPDATE members SET
			(follows, news_at, followed_at, followed_by, qr_scene) = (
				SELECT follows, news_at, followed_at, followed_by, qr_scene FROM members
				WHERE number IN (?1, ?2) ORDER BY news_at DESC, follows DESC, number LIMIT 1),
			(nickname, avatar) = (
				SELECT nickname, avatar FROM members
				WHERE number IN (?1, ?2) ORDER BY nickname IN ('', '微信用户'), profile_at DESC, number LIMIT 1),
			profile_at = (SELECT max(profile_at) FROM members WHERE number IN (?1, ?2)),
			last_login = (SELECT max(last_login) FROM members WHERE number IN (?1, ?2)),
			scanned = (SELECT scanned FROM members WHERE number IN (?1, ?2) ORDER BY scanned = '', number LIMIT 1)
		WHERE number = ?1`,
		// Where the older person has no row, the newer one's becomes hers.
		`UPDATE OR IGNORE members SET number = ?1 WHERE number = ?2`,
		`DELETE FROM members WHERE number = ?2`,
		`DELETE FROM people WHERE id = ?2`,
	} {
		if _, err := tx.ExecContext(ctx, statement, older, newer); err != nil {
			return 0, fmt.Errorf("merging two people: %w", err)
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE people SET union_id = coalesce(union_id, ?) WHERE id = ?`, unionID, older)
	return older, err
}

// accountOpenID is the open id at the account of the person who has this pair; "" where
// it is not known. A website login tells only the website application's.
func (m *members) accountOpenID(ctx context.Context, appID, openID string) (found string, err error) {
	err = m.db.QueryRowContext(ctx, `
		SELECT theirs.open_id FROM identities AS given JOIN identities AS theirs USING (person_id)
		WHERE given.app_id = ? AND given.open_id = ? AND theirs.app_id = ?
		ORDER BY theirs.rowid DESC LIMIT 1`, appID, openID, m.appID).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return found, err
}

// one is the number in a row; 0 without a row.
func one(row *sql.Row) (n int64, err error) {
	if err = row.Scan(&n); errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}
