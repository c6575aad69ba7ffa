package follow

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestALookUpEndsAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fixture(t, nil, func(ctx context.Context, _ string) (bool, error) {
			<-ctx.Done()
			return false, ctx.Err()
		})
		began := time.Now()
		if _, err := f.Follows(t.Context(), "oAlice_1"); err == nil || time.Since(began) != LookUpTimeout {
			t.Errorf("rule: a look-up that WeChat does not answer ends after %v, so that its place is free again: %v, %v", LookUpTimeout, time.Since(began), err)
		}
	})
}
