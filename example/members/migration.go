package main

import (
	"context"
	"database/sql"
)

// migrated keeps people who they are after a migration of the account (账号迁移), which
// gives each of them another open id. m is already the table of the present account.
// present has the present open id by the former one, as /cgi-bin/changeopenid tells them.
// The former pairs stay beside the present ones, so that a second run changes nothing. Run
// it before people log in at the present account. Somebody who did so earlier, and is
// two people since, becomes one here. A block moves along.
func (m *members) migrated(ctx context.Context, formerAppID string, present map[string]string) error {
	return m.write(ctx, func(tx *sql.Tx) error {
		for former, now := range present {
			if _, err := tx.ExecContext(ctx, `
				INSERT OR IGNORE INTO blocked (app_id, openid, reason)
				SELECT ?3, ?4, reason FROM blocked WHERE app_id = ?1 AND openid = ?2`, formerAppID, former, m.appID, now); err != nil {
				return err
			}
			person, err := byPair(ctx, tx, formerAppID, former)
			if err != nil {
				return err
			}
			since, err := byPair(ctx, tx, m.appID, now)
			switch {
			case err != nil:
				return err
			case person == 0 || person == since: // not known, or done already
			case since == 0:
				err = addPair(ctx, tx, m.appID, now, person)
			default:
				_, err = merge(ctx, tx, person, since)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
