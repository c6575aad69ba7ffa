package core

import (
	"crypto/rand"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// Site is what several accounts share that are served on one host and path: one cookie
// for logins in progress and, without Config.Sessions, one cookie for their private
// sessions. So a browser that visits a hundred accounts sends two cookies and not two
// hundred. Inside the session each account has its own record, and no gate reads the
// record of another account. A session keeps the records of at most 64 accounts.
//
// Logout of one account leaves the logins of the other accounts; see [AllAccounts].
//
// Accounts on hosts of their own need no Site: browsers keep their cookies apart.
type Site struct {
	memory   *session.Memory
	notes    vault.Seal
	isRandom bool
}

// NewSite makes a Site. secret seals the short notes about logouts that accounts leave
// each other in the session store, so all nodes need the same: 32 random characters, for
// example. Where Config.Sessions is nil, or a store in this process, it may be "".
func NewSite(secret string) (*Site, error) {
	s := &Site{memory: session.NewMemory(), isRandom: secret == ""}
	if s.isRandom {
		secret = rand.Text()
	}
	var err error
	s.notes, err = vault.NewSeal("", secret, "session notes of a site")
	return s, err
}

// cookieNames are the names of an account's cookies, without prefix, and the account's
// tag inside a cookie that it shares.
func cookieNames(appID, path string, site *Site) (login, sessions, loginTag string) {
	tag := web.AccountTag(appID, path)
	if site != nil {
		tag, loginTag = web.AccountTag("", path), web.AccountTag(appID, "")
	}
	return proof.CookieName(tag), "wechat_session_" + tag, loginTag
}

// isInProcess holds for the store that scs.New makes.
func isInProcess(m *scs.SessionManager) bool {
	_, inMemory := m.Store.(*memstore.MemStore)
	return inMemory
}
