package wxsim

// snapshotName is what a snapshot account is called.
const snapshotName = "微信用户"

// SetSnapshot makes later requests of a person with snsapi_userinfo ones of
// WeChat's snapshot page (快照页): the token reply says is_snapshotuser 1, and
// openid, unionid, nickname and avatar are those of a virtual account. The page
// has a button 使用完整服务 that leads to an ordinary login. snsapi_base is as
// before (微信网页授权能力调整公告, 2022-05). A link with forceSnapShot=true does the
// same once.
func (s *Sim) SetSnapshot(personID string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.snapshot[personID] = true
	} else {
		delete(s.snapshot, personID)
	}
}

func snapshotOpenID(appID, personID string) string {
	return "osim_" + digest("app", appID)[:5] + digest("snapshot openid", appID, personID)[:18]
}

func snapshotUnionID(personID string) string {
	return "osim_" + digest("snapshot unionid", personID)[:23]
}

// unionID is the unionid that the holder of g may see, or "". A silent login
// has none.
func (s *Sim) unionID(g grant) string {
	switch {
	case g.scope != scopeUserInfo && g.scope != scopeLogin || s.accounts[g.appID].NoUnionID:
		return ""
	case g.snapshot:
		return snapshotUnionID(g.personID)
	}
	return unionID(g.personID)
}
