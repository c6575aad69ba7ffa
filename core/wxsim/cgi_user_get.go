package wxsim

import (
	"net/http"
	"slices"
)

// maxUserGet is how many openids user/get lists in one reply (获取用户列表).
const maxUserGet = 10000

type userGetReply struct {
	Total int          `json:"total"`
	Count int          `json:"count"`
	Data  *userGetData `json:"data,omitempty"` // left out when there is nothing to list
	Next  string       `json:"next_openid"`
}

type userGetData struct {
	OpenID []string `json:"openid"`
}

// userGet lists the account's followers, sorted, beginning behind next_openid.
func (s *Sim) userGet(r *http.Request) reply {
	account, unlock, wrong := s.cgiCall(r, nil)
	defer unlock()
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	var all []string
	for personID := range s.states[account.AppID].followers {
		all = append(all, openID(account.AppID, personID))
	}
	slices.Sort(all)
	rest := all
	if next := r.URL.Query().Get("next_openid"); next != "" {
		at, found := slices.BinarySearch(all, next)
		if !found {
			return s.cgiError(codeOpenID)
		}
		rest = all[at+1:]
	}
	rest = rest[:min(len(rest), maxUserGet)]
	out := userGetReply{Total: len(all), Count: len(rest)}
	if len(rest) > 0 {
		out.Data, out.Next = &userGetData{rest}, rest[len(rest)-1]
	}
	return apiJSON(0, out)
}
