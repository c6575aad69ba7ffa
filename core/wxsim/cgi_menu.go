package wxsim

import (
	"encoding/json"
	"net/http"
)

// menuCreate keeps the account's menu as it was sent (创建自定义菜单), once its buttons
// are such as WeChat takes.
func (s *Sim) menuCreate(r *http.Request) reply {
	var in struct {
		Button []json.RawMessage `json:"button"`
	}
	account, unlock, wrong := s.cgiCall(r, &in)
	defer unlock()
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	menu, err := json.Marshal(in)
	if err != nil {
		return s.cgiError(codeFormat)
	}
	buttons, wrong := parseMenu(menu)
	if wrong != 0 {
		return s.cgiError(wrong)
	}
	state := s.states[account.AppID]
	state.menu, state.buttons = menu, buttons
	return apiJSON(0, errorBody{0, "ok"})
}

// menuGet returns the menu, or 46003 when there is none.
func (s *Sim) menuGet(r *http.Request) reply {
	account, unlock, wrong := s.cgiCall(r, nil)
	defer unlock()
	menu := s.menuOf(account)
	if wrong == 0 && menu == nil {
		wrong = codeNoMenu
	}
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	return apiJSON(0, map[string]json.RawMessage{"menu": menu})
}

func (s *Sim) menuOf(a Account) []byte {
	if state, ok := s.states[a.AppID]; ok {
		return state.menu
	}
	return nil
}

func (s *Sim) menuDelete(r *http.Request) reply {
	account, unlock, wrong := s.cgiCall(r, nil)
	defer unlock()
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	s.states[account.AppID].menu, s.states[account.AppID].buttons = nil, nil
	return apiJSON(0, errorBody{0, "ok"})
}
