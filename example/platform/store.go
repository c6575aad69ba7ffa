package main

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	_ "modernc.org/sqlite"
)

//go:embed tables.sql
var tables string

// store is a platform.Store in a table, and the table of shops beside it. Its SQL is
// SQLite's; PostgreSQL takes the same with $1 for ?1 and BYTEA for BLOB.
type store struct{ db *sql.DB }

// openStore opens the file, or a database in memory for "".
func openStore(file string) (*store, error) {
	source := "file::memory:"
	if file != "" {
		source = "file:" + file
	}
	db, err := sql.Open("sqlite", source+"?_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("cannot open the database: %w", err)
	}
	db.SetMaxOpenConns(1) // a database in memory belongs to its connection
	if _, err := db.Exec(tables); err != nil {
		db.Close()
		return nil, fmt.Errorf("cannot make the tables: %w", err)
	}
	return &store{db}, nil
}

func (s *store) Close() error { return s.db.Close() }

// Load implements platform.Store.
func (s *store) Load(ctx context.Context, key string) (value []byte, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT value FROM wechat_platform WHERE key = ?1`, key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return value, err
}

// Swap implements platform.Store. Each statement compares and changes in one step.
func (s *store) Swap(ctx context.Context, key string, old, value []byte) (swapped bool, err error) {
	var result sql.Result
	switch {
	case old == nil && value == nil:
		found, err := s.Load(ctx, key)
		return found == nil, err
	case old == nil:
		result, err = s.db.ExecContext(ctx, `INSERT INTO wechat_platform (key, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING`, key, value)
	case value == nil:
		result, err = s.db.ExecContext(ctx, `DELETE FROM wechat_platform WHERE key = ?1 AND value = ?2`, key, old)
	default:
		result, err = s.db.ExecContext(ctx, `UPDATE wechat_platform SET value = ?3 WHERE key = ?1 AND value = ?2`, key, old, value)
	}
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows == 1, err
}

// List implements platform.Store.
func (s *store) List(ctx context.Context, prefix string) (keys []string, err error) {
	escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(prefix)
	return s.column(ctx, `SELECT key FROM wechat_platform WHERE key LIKE ?1 ESCAPE '\'`, escaped+"%")
}

// own makes a shop a merchant's: who consented last.
func (s *store) own(ctx context.Context, appID, merchant string) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO shops (app_id, merchant) VALUES (?1, ?2)
		ON CONFLICT (app_id) DO UPDATE SET merchant = excluded.merchant`, appID, merchant)
	return err
}

// shopsOf lists a merchant's shops by app id.
func (s *store) shopsOf(ctx context.Context, merchant string) ([]string, error) {
	return s.column(ctx, `SELECT app_id FROM shops WHERE merchant = ?1 ORDER BY app_id`, merchant)
}

func (s *store) column(ctx context.Context, query string, arguments ...any) (values []string, err error) {
	rows, err := s.db.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, rows.Err()
}
