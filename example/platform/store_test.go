package main

import (
	"bytes"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed467724c4/wechat/core/platform"
)

func TestTheTableKeepsTheContractOfAStore(t *testing.T) {
	table, err := openStore(filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	for name, s := range map[string]platform.Store{"SQLite": table, "memory": platform.NewMemoryStore()} {
		ctx := t.Context()
		for _, step := range []struct {
			rule, key  string
			old, value []byte
			want       bool
		}{
			{"a key without a value is made once", "a/1", nil, []byte("v1"), true},
			{"and not again", "a/1", nil, []byte("v2"), false},
			{"another value is not replaced", "a/1", []byte("v0"), []byte("v2"), false},
			{"the value that is there is", "a/1", []byte("v1"), []byte("v2"), true},
			{"bytes are bytes", "a/_%", nil, []byte{0, 255, '\''}, true},
			{"what is not there is not deleted", "a/1", []byte("v1"), nil, false},
			{"a second key", "b/1", nil, []byte("v"), true},
			{"nothing for nothing is done", "c", nil, nil, true},
			{"nothing for nothing fails where something is", "a/1", nil, nil, false},
		} {
			if got, err := s.Swap(ctx, step.key, step.old, step.value); err != nil || got != step.want {
				t.Errorf("rule: %s: %s: %v %v", name, step.rule, got, err)
			}
		}
		if v, err := s.Load(ctx, "a/_%"); err != nil || !bytes.Equal(v, []byte{0, 255, '\''}) {
			t.Errorf("rule: %s: a value comes back byte for byte: %v %v", name, v, err)
		}
		if v, err := s.Load(ctx, "none"); err != nil || v != nil {
			t.Errorf("rule: %s: no value is nil: %v %v", name, v, err)
		}
		for prefix, want := range map[string]int{"a/": 2, "a/_": 1, "": 3, "x": 0} {
			if keys, err := s.List(ctx, prefix); err != nil || len(keys) != want {
				t.Errorf("rule: %s: %q lists %d keys: %v %v", name, prefix, want, keys, err)
			}
		}
		var won atomic.Int64
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				if ok, err := s.Swap(ctx, "a/1", []byte("v2"), []byte{byte(i)}); err != nil {
					t.Error(err)
				} else if ok {
					won.Add(1)
				}
			})
		}
		if all.Wait(); won.Load() != 1 {
			t.Errorf("rule: %s: of sixteen at once, one succeeds: %d", name, won.Load())
		}
	}
}
