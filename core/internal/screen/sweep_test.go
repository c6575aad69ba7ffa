package screen

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatIsCountedAboutCodesAndPeopleIsSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{AppID: "wx0123456789abcdef", AppSecret: "secret", Store: newStore(), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		if _, err := c.Scan(ctx, "code", mei, site); err != nil || c.Len() != 1 {
			t.Errorf("rule: the codes of a person are counted and held: %d %v", c.Len(), err)
		}
		c.Allow(ctx, "code", mei, Answer{})
		if _, ok, err := c.Spend(ctx, "code", "wrong", false); ok || err != nil || c.Len() != 2 {
			t.Errorf("rule: the wrong numbers of a code are counted and held: %d %v", c.Len(), err)
		}
		time.Sleep(max(codesWindow, CodeLife+ScanLife+AnswerLife) + time.Second)
		c.Sweep()
		if n := c.tries.ItemCount(); n != 0 {
			t.Errorf("rule: the wrong numbers of a code are dropped with the code: %d", n)
		}
		if n := c.people.ItemCount(); n != 0 {
			t.Errorf("rule: the codes of a person are dropped after ten minutes: %d", n)
		}
	})
}

func TestALongCookieIsNotRead(t *testing.T) {
	for rule, c := range map[string]struct {
		digits int
		known  bool
	}{
		"80 characters are read": {74, true},
		"81 characters are not":  {75, false},
		"a whole header is not":  {16_000, false},
		"a short one is read":    {7, true},
	} {
		text := strings.Repeat("0", c.digits-1) + "1.0.0.0"
		if got := ParseShown(text) != (Shown{}); got != c.known {
			t.Errorf("rule: %s: %d characters: %v", rule, len(text), got)
		}
	}
}
