package site

import (
	"context"
	"sync"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// people joins the two open ids of a person by the union id: the one at the account and
// the one at the website application. It is for one process and keeps at most maxPeople; an
// app of your own has a table of people, see example/members.
type people struct {
	account  string // its app id
	follower func(ctx context.Context, openID string) (*wxapi.Follower, error)

	mu      sync.Mutex
	openIDs map[string]string // at the account, by union id
}

const maxPeople = 10_000

func newPeople(account string) *people {
	return &people{account: account, openIDs: map[string]string{}}
}

// loggedIn is core.Config.OnLogin. A silent login brings no union id.
func (p *people) loggedIn(_ context.Context, u *core.User) error {
	if u.AppID == p.account {
		p.join(u.UnionID, u.OpenID)
	}
	return nil
}

// followed is push.Config.OnFollow. WeChat tells the union id of a follower.
func (p *people) followed(ctx context.Context, e push.FollowEvent) error {
	f, err := p.follower(ctx, e.OpenID)
	if err != nil {
		return err
	}
	p.join(f.UnionID, e.OpenID)
	return nil
}

// openIDFor is core.Config.OpenIDFor. "" is somebody whom the account does not know.
func (p *people) openIDFor(_ context.Context, u *core.User) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.openIDs[u.UnionID], nil
}

func (p *people) join(unionID, openID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.openIDs[unionID]; unionID == "" || !known && len(p.openIDs) >= maxPeople {
		return
	}
	p.openIDs[unionID] = openID
}
