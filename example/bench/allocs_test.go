package main

import "testing"

// What does not depend on the machine is asserted, so that a change that gives it
// away is found without a stop watch.
func TestAllocations(t *testing.T) {
	w := testWorld(t)
	for _, c := range []struct {
		name, bare string
		most       float64
	}{
		{"nethttp/wechat", "nethttp/bare", 2},
		{"nethttp/wechat-unread", "nethttp/bare", 2},
		{"nobody/optional", "nethttp/bare", 2},
		{"gin/wechat", "gin/bare", 4},
		{"fiber/wechat", "fiber/bare", 1},
		{"floor", "nethttp/bare", 2},
		{"nobody/redirect", "nethttp/bare", 20},
		{"nobody/script", "nobody/bare-script", 0},
		{"nethttp/wechat-codec-hash", "nethttp/wechat-codec", 1},
		{"nethttp/wechat", "nethttp/wechat-unread", 0},
		{"gin/wechat", "gin/wechat-unread", 0},
		{"fiber/wechat", "fiber/wechat-unread", 0},
	} {
		if got := allocations(t, w, c.name) - allocations(t, w, c.bare); got > c.most {
			t.Errorf("%s allocates %v times more than %s, want at most %v", c.name, got, c.bare, c.most)
		}
	}
}

// allocations are the least of many runs: a framework's pool may be empty now and
// then.
func allocations(t *testing.T, w *world, name string) float64 {
	t.Helper()
	c, err := contestantNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.open(w, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	once, least := e.sit(0), 1000.
	for range 50 {
		least = min(least, testing.AllocsPerRun(1, func() { once() }))
	}
	return least
}
