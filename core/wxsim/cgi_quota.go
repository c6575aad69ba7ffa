package wxsim

import (
	"net/http"
	"strings"
	"time"
)

// usedForces counts the force_refresh calls that did something, usedClears the
// calls of clear_quota; they are no paths.
const (
	usedForces = "force_refresh"
	usedClears = "clear_quota"
)

// clearLimit is how often a month the quotas can be cleared (清空api的调用quota,
// "每个账号每月共10次清零操作机会").
const clearLimit = 10

// hasDayQuota says whether calls to path are counted by the day.
func hasDayQuota(path string) bool {
	switch path {
	case PathToken, PathStableToken, PathFollower, PathFollowers, PathUserGet, PathTicket, PathCallbackIP, PathDomainIP,
		PathQRCreate, PathCustomSend, PathMenuCreate, PathMenuGet, PathMenuDelete:
		return true
	}
	return false
}

// hasMinuteQuota says whether calls to path are counted by the minute.
func hasMinuteQuota(path string) bool {
	switch path {
	case PathAccessToken, PathRefreshToken, PathUserInfo, PathAuth:
		return true
	}
	return hasDayQuota(path)
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

// minuteLimit is WeChat's limit of an endpoint ("调用频率限制 5万/分钟" on the pages
// of the three, 1万次/分钟 on that of stable_token), or -1 for none.
func minuteLimit(path string) int {
	switch path {
	case PathAccessToken, PathRefreshToken, PathUserInfo:
		return 50_000
	case PathStableToken:
		return 10_000
	}
	return -1
}

// usage is how often the endpoints of an account were called.
type usage struct {
	day, minute       int64
	today, thisMinute map[string]int
	month             string
	clears            int
}

// spend counts one call of /cgi-bin, with mu held, and returns 0, or the error
// code of the quota that is used up. Refused calls cost nothing.
func (s *Sim) spend(now time.Time, appID, path string) int {
	u := &s.states[appID].used
	if today := beijingDay(now); u.day != today {
		u.day = today
		clear(u.today)
	}
	limit, set := s.accounts[appID].Quotas[path]
	if !set {
		limit = dailyLimit(path)
	}
	if limit >= 0 && u.today[path] >= limit {
		return codeQuota
	}
	if !s.spendMinute(now, appID, path) {
		return codeMinuteQuota
	}
	u.today[path]++
	return 0
}

// spendMinute counts one call by the minute alone, with mu held, and says
// whether the minute had room for it.
func (s *Sim) spendMinute(now time.Time, appID, path string) bool {
	u := &s.states[appID].used
	if minute := now.Unix() / 60; u.minute != minute {
		u.minute = minute
		clear(u.thisMinute)
	}
	limit, set := s.accounts[appID].MinuteQuotas[path]
	if !set {
		limit = minuteLimit(path)
	}
	if limit >= 0 && u.thisMinute[path] >= limit {
		return false
	}
	u.thisMinute[path]++
	return true
}

// beijingDay numbers the days of UTC+8, which has no summer time.
func beijingDay(t time.Time) int64 { return (t.Unix() + 8*3600) / (24 * 3600) }

// clearQuota sets an account's counts of the day back to zero, ten times a
// month.
func (s *Sim) clearQuota(r *http.Request) reply {
	var in struct {
		AppID string `json:"appid"`
	}
	account, unlock, wrong := s.cgiCall(r, &in)
	defer unlock()
	switch {
	case wrong != 0:
		return s.cgiFailed(r, wrong)
	case in.AppID != account.AppID:
		return s.cgiError(codeAppID)
	}
	u := &s.states[account.AppID].used
	if month := s.now().In(time.FixedZone("", 8*3600)).Format("2006-01"); u.month != month {
		u.month, u.clears = month, 0
	}
	if u.clears >= clearLimit {
		return s.cgiError(codeClearLimit)
	}
	u.clears++
	clear(u.today)
	return apiJSON(0, errorBody{0, "ok"})
}

type quotaReply struct {
	errorBody
	Quota struct {
		DailyLimit int `json:"daily_limit"`
		Used       int `json:"used"`
		Remain     int `json:"remain"`
	} `json:"quota"`
}

// quotaGet tells how much of an endpoint's daily quota is left
// (查询API调用额度). An endpoint without a limit shows 0 for it.
func (s *Sim) quotaGet(r *http.Request) reply {
	var in struct {
		Path string `json:"cgi_path"`
	}
	account, unlock, wrong := s.cgiCall(r, &in)
	defer unlock()
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	if !hasDayQuota(in.Path) || !strings.HasPrefix(in.Path, "/cgi-bin/") {
		return s.cgiError(76021) // "cgi_path not found, please check"
	}
	out := quotaReply{errorBody: errorBody{0, "ok"}}
	limit, set := account.Quotas[in.Path]
	if !set {
		limit = dailyLimit(in.Path)
	}
	out.Quota.Used = s.states[account.AppID].used.today[in.Path]
	if limit >= 0 {
		out.Quota.DailyLimit, out.Quota.Remain = limit, limit-out.Quota.Used
	}
	return apiJSON(0, out)
}
