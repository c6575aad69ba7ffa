package wxapi

import (
	"context"
	"testing"
	"time"

	"github.com/patrickmn/go-cache"
)

func TestAHitAllocatesNothing(t *testing.T) {
	ctx := context.Background()
	token := newUpstream().node(t, AccountTokenConfig{Cache: newShelf()})
	want(t, "the token is there", token, 1)
	if _, err := token.JSTicket(ctx); err != nil {
		t.Fatal(err)
	}
	for rule, hit := range map[string]func(context.Context) (string, error){
		"a token that is held costs no allocation":  token.Token,
		"a ticket that is held costs no allocation": token.JSTicket,
	} {
		if n := testing.AllocsPerRun(100, func() {
			if s, err := hit(ctx); s == "" || err != nil {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("rule: %s: %v", rule, n)
		}
	}
}

// BenchmarkHit sets the token beside what a library would keep it in.
func BenchmarkHit(b *testing.B) {
	ctx := context.Background()
	token := newUpstream().node(b, AccountTokenConfig{})
	if _, err := token.Token(ctx); err != nil {
		b.Fatal(err)
	}
	kept := cache.New(2*time.Hour, 0)
	kept.SetDefault("token", tokenOf(1))
	b.Run("go-cache-Get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := kept.Get("token"); !ok {
				b.Fatal("gone")
			}
		}
	})
	b.Run("AccountToken", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := token.Token(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
}
