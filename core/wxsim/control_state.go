package wxsim

import (
	"context"
	"maps"
	"slices"
	"time"
)

type stateOut struct {
	Now      time.Time      `json:"now"`
	Accounts []accountShown `json:"accounts"`
	People   []personShown  `json:"people"`
}

type accountShown struct {
	AppID     string   `json:"appid"`
	Name      string   `json:"name"`
	Domains   []string `json:"domains"`
	Website   bool     `json:"website"`
	Followers []string `json:"followers" doc:"ids of people"`
}

type personShown struct {
	ID       string            `json:"id"`
	Nickname string            `json:"nickname"`
	UnionID  string            `json:"unionid"`
	OpenIDs  map[string]string `json:"openids" doc:"by appid"`
}

// controlState shows what a test needs to compare with. It holds no secret.
func (s *Sim) controlState(context.Context, none) (stateOut, error) {
	out := stateOut{Now: s.now()}
	for _, configured := range s.cfg.Accounts {
		a := s.current(s.accounts[configured.AppID])
		s.mu.Lock()
		followers := slices.Sorted(maps.Keys(s.states[a.AppID].followers))
		s.mu.Unlock()
		out.Accounts = append(out.Accounts, accountShown{a.AppID, a.Name, a.domains(), a.Website, append([]string{}, followers...)})
	}
	for _, p := range s.cfg.People {
		shown := personShown{p.ID, p.Nickname, unionID(p.ID), map[string]string{}}
		for appID := range s.accounts {
			shown.OpenIDs[appID] = openID(appID, p.ID)
		}
		out.People = append(out.People, shown)
	}
	return out, nil
}

type callsOut struct {
	Counts map[string]int `json:"counts" doc:"by path"`
	Last   []call         `json:"last" doc:"newest last, thirty at most"`
}

func (s *Sim) controlCalls(context.Context, none) (callsOut, error) {
	s.mu.Lock()
	counts := maps.Clone(s.calls)
	s.mu.Unlock()
	return callsOut{counts, s.lastCalls()}, nil
}
