package core

import (
	"fmt"
	"sync"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// twins counts the instances of this process by account and site, those with a secret
// of their own apart from those of a platform. Both on one site would share cookies and
// sessions that neither could read of the other: visitors would log in again and again.
// Only the process knows of both, so this is kept for the whole process, as [Default]
// is.
var twins struct {
	sync.Mutex
	sites map[string]map[twin]int // by app id
}

// twin is a kind of instance on a site. at is the zero Origin without
// Config.PublicURL: that is any site.
type twin struct {
	appID     string
	at        web.Origin
	delegated bool
}

// register adds an instance, or says that its twin is there. leave takes it out again.
func (t twin) register() (leave func(), err error) {
	twins.Lock()
	defer twins.Unlock()
	for other := range twins.sites[t.appID] {
		sameSite := other.at == t.at || other.at == web.Origin{} || t.at == web.Origin{}
		if other.delegated != t.delegated && sameSite {
			return nil, fmt.Errorf("wechat: account %s is set up twice on one site, with an AppSecret of its own and through a platform: keep one of the two, and Close the other first", t.appID)
		}
	}
	if twins.sites == nil {
		twins.sites = map[string]map[twin]int{}
	}
	if twins.sites[t.appID] == nil {
		twins.sites[t.appID] = map[twin]int{}
	}
	twins.sites[t.appID][t]++
	return sync.OnceFunc(func() {
		twins.Lock()
		defer twins.Unlock()
		mine := twins.sites[t.appID]
		if mine[t]--; mine[t] == 0 {
			delete(mine, t)
		}
		if len(mine) == 0 {
			delete(twins.sites, t.appID)
		}
	}), nil
}
