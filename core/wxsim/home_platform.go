package wxsim

import (
	"net/http"
	"slices"
)

// homePlatform is a third-party platform as the page shows it.
type homePlatform struct {
	AppID, Name string
	Connected   []string // names of accounts, the platform's merchants
	Acts        bool     // for the chosen account
}

func (s *Sim) homePlatforms(lang, appID string) []homePlatform {
	var out []homePlatform
	for _, configured := range s.cfg.Platforms {
		h := homePlatform{AppID: configured.AppID, Name: s.platforms[configured.AppID].Name}
		connected := s.ConnectedAccounts(configured.AppID)
		h.Acts = slices.Contains(connected, appID)
		for _, id := range connected {
			h.Connected = append(h.Connected, s.accounts[id].nameIn(lang)+" ("+id+")")
		}
		out = append(out, h)
	}
	return out
}

func pressTicket(s *Sim, r *http.Request, _ pressed) notice {
	id, err := s.onlyPlatform(r.PostFormValue("platform"))
	if err == nil {
		err = s.PushTicket(r.Context(), id)
	}
	if err != nil {
		return failedWith("平台没有收到 ticket：", "The platform has no ticket:", err)
	}
	return done("ticket 已推送。", "The ticket is pushed.")
}

func pressConnect(s *Sim, r *http.Request, who pressed) notice {
	id, err := s.onlyPlatform(r.PostFormValue("platform"))
	if err != nil {
		return failedWith("没有任何变化：", "Nothing has changed:", err)
	}
	code, err := s.Connect(r.Context(), id, who.appID)
	switch {
	case err != nil && code == "":
		return failedWith("没有任何变化：", "Nothing has changed:", err)
	case err != nil:
		return failedWith("已授权，但平台没有收到消息：", "Agreed, but the platform was not reached:", err)
	}
	return done("已授权给平台。", "The account has agreed.")
}

func pressDisconnect(s *Sim, r *http.Request, who pressed) notice {
	id, err := s.onlyPlatform(r.PostFormValue("platform"))
	if err == nil {
		err = s.Disconnect(r.Context(), id, who.appID)
	}
	if err != nil {
		return failedWith("取消授权：", "Taking the consent back:", err)
	}
	return done("已取消授权。", "The consent is taken back.")
}
