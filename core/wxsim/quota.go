package wxsim

import "time"

// usedForces counts the force_refresh calls that did something; it is no path.
const usedForces = "force_refresh"

// hasQuota says whether calls to path are counted by the day.
func hasQuota(path string) bool {
	switch path {
	case PathToken, PathStableToken, PathFollower, PathFollowers, PathTicket:
		return true
	}
	return false
}

// dailyLimit is WeChat's limit of an endpoint (接口调用频次限制说明; for
// stable_token its own page: 每天50万次), or -1 for none.
func dailyLimit(path string) int {
	switch path {
	case PathToken:
		return 2000
	case PathStableToken:
		return 500_000
	case PathFollower:
		return 5_000_000
	case usedForces:
		return 20 // 获取稳定版接口调用凭据, "每天限用20次"
	}
	return -1
}

// spend counts one call, with mu held, and says whether the day had room for
// it. Refused ones cost nothing.
func (s *Sim) spend(now time.Time, appID, path string) bool {
	b := s.books[appID]
	if today := beijingDay(now); b.day != today {
		b.day = today
		clear(b.used)
	}
	limit, set := s.accounts[appID].Quotas[path]
	if !set {
		limit = dailyLimit(path)
	}
	if limit >= 0 && b.used[path] >= limit {
		return false
	}
	b.used[path]++
	return true
}

// beijingDay numbers the days of UTC+8, which has no summer time.
func beijingDay(t time.Time) int64 { return (t.Unix() + 8*3600) / (24 * 3600) }
