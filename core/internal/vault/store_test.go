package vault

import (
	"context"
	"strings"
	"testing"
	"time"
)

// panics is a store that panics with a secret.
type panics struct{}

func (panics) Find(string) ([]byte, bool, error)      { panic("a secret of the app's") }
func (panics) Commit(string, []byte, time.Time) error { panic("a secret of the app's") }
func (panics) Delete(string) error                    { panic("a secret of the app's") }

// panicsWithContext is one that takes a context.
type panicsWithContext struct{ panics }

func (panicsWithContext) FindCtx(context.Context, string) ([]byte, bool, error) {
	panic("a secret of the app's")
}
func (panicsWithContext) CommitCtx(context.Context, string, []byte, time.Time) error {
	panic("a secret of the app's")
}
func (panicsWithContext) DeleteCtx(context.Context, string) error { panic("a secret of the app's") }

func TestAStoreThatPanicsIsAStoreThatFails(t *testing.T) {
	ctx := context.Background()
	for name, err := range map[string]error{
		"Find":      second(Find(ctx, panics{}, "k")),
		"Commit":    Commit(ctx, panics{}, "k", nil, time.Now()),
		"Delete":    Remove(ctx, panics{}, "k"),
		"FindCtx":   second(Find(ctx, panicsWithContext{}, "k")),
		"CommitCtx": Commit(ctx, panicsWithContext{}, "k", nil, time.Now()),
		"DeleteCtx": Remove(ctx, panicsWithContext{}, "k"),
	} {
		if err == nil {
			t.Errorf("rule: %s: a store that panics is a store that fails", name)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("rule: %s: an error holds nothing of a panic's value: %v", name, err)
		}
	}
}

func second(_ []byte, _ bool, err error) error { return err }
