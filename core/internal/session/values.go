package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// CheckStore writes, reads and deletes a value.
func (s *Sessions) CheckStore(ctx context.Context, name, value string) error {
	if err := s.PutValue(ctx, name, []byte(value), time.Minute); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	switch got, found, err := s.Value(ctx, name); {
	case err != nil:
		return fmt.Errorf("read: %w", err)
	case !found || string(got) != value:
		return errors.New("read: what was written is not there")
	}
	if err := vault.Remove(ctx, s.manager.Store, name); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	if _, found, err := s.Value(ctx, name); err == nil && found {
		return errors.New("delete: what was deleted is still there")
	}
	return nil
}

// valueKey is the session key of a value that is no session. No app id has a dot.
const valueKey = recordPrefix + ".value"

// PutValue keeps a value in the session store, under a name that no cookie can hold (see
// vault.Key). It has the form of a session, because an app may iterate over its store.
func (s *Sessions) PutValue(ctx context.Context, name string, value []byte, life time.Duration) (err error) {
	defer recovered(&err)
	expires := time.Now().Add(life)
	b, err := s.manager.Codec.Encode(expires, map[string]any{valueKey: append([]byte(name), value...)})
	if err != nil {
		return err
	}
	return vault.Commit(ctx, s.manager.Store, name, b, expires)
}

// Value returns what PutValue keeps. A value of another name is an error.
func (s *Sessions) Value(ctx context.Context, name string) (value []byte, found bool, err error) {
	b, found, err := vault.Find(ctx, s.manager.Store, name)
	if err != nil || !found {
		return nil, false, err
	}
	values, err := s.decode(b)
	if err != nil {
		return nil, false, err
	}
	value, err = valueOf(values, name)
	return value, err == nil, err
}

// valueOf is the value of a name. Another's is an error.
func valueOf(values map[string]any, name string) ([]byte, error) {
	named, _ := values[valueKey].([]byte)
	value, ok := bytes.CutPrefix(named, []byte(name))
	if !ok {
		return nil, errForeignValue
	}
	return value, nil
}
