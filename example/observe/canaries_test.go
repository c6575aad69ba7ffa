package main

import (
	"maps"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// canaries are what no trace and no metric may hold, by what they are.
type canaries struct {
	mu    sync.Mutex
	texts map[string]string
}

// watched notes every code, state and cookie of the site's visitors.
func (s *site) watched() *canaries {
	c := &canaries{texts: map[string]string{"the app secret": account.Secret}}
	for _, person := range wxsim.DefaultPeople() {
		c.texts["the open id of "+person.ID] = s.sim.OpenID(account.AppID, person.ID)
	}
	s.note = func(what, text string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.texts[what+" "+text] = text
	}
	return c
}

func (c *canaries) all(t *testing.T) map[string]string {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.texts) < 100 {
		t.Errorf("only %d canaries", len(c.texts))
	}
	return maps.Clone(c.texts)
}
