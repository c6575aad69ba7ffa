package main

import (
	"context"
	"database/sql"
)

// createTables makes what is missing, in one transaction, so that two nodes can start at
// once. A file from before there were people and identities is brought up to date: its
// members had the pair and the union id themselves, and each becomes a person with the
// same number. Of those who share a union id the first one keeps it; the next login that
// brings it to another one merges them.
func (m *members) createTables(ctx context.Context) error {
	return m.write(ctx, func(tx *sql.Tx) error {
		former, err := one(tx.QueryRowContext(ctx, `SELECT count(*) FROM pragma_table_info('members') WHERE name = 'openid'`))
		if err != nil {
			return err
		}
		statements := []string{schema}
		if former != 0 {
			statements = []string{`ALTER TABLE members RENAME TO former`, schema, upgrade}
		}
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

const upgrade = `
	INSERT INTO people (id, union_id)
	SELECT number, iif(number = min(number) OVER (PARTITION BY union_id), nullif(union_id, ''), NULL) FROM former;
	INSERT INTO identities (app_id, open_id, person_id)
	SELECT app_id, openid, number FROM former;
	INSERT INTO members (number, nickname, avatar, profile_at, follows, news_at, followed_at, followed_by,
		qr_scene, scanned, met, created_at, last_login)
	SELECT number, nickname, avatar, profile_at, follows, news_at, followed_at, followed_by,
		qr_scene, scanned, met, created_at, last_login FROM former;
	DROP TABLE former;`
