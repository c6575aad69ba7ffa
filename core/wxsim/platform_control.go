package wxsim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

type platformIn struct {
	Platform string `json:"platform,omitempty" doc:"component_appid; may be left out where there is one platform"`
}

type merchantIn struct {
	platformIn
	AppID string `json:"appid" doc:"the account"`
}

type connectOut struct {
	Code    string `json:"auth_code"`
	Trouble string `json:"trouble,omitempty" doc:"why the platform was not told; the consent holds all the same"`
}

type platformShown struct {
	AppID     string       `json:"appid"`
	Name      string       `json:"name"`
	Connected []string     `json:"connected" doc:"appids of accounts"`
	Mode      PlatformMode `json:"mode"`
}

type platformsOut struct {
	Platforms []platformShown `json:"platforms"`
}

// platformOperations is the control API of platforms: tickets, and what the
// administrators of accounts (merchants) do.
func (s *Sim) platformOperations() []operation {
	const get, post, put = http.MethodGet, http.MethodPost, http.MethodPut
	return []operation{
		op(get, "platforms", "The third-party platforms and the accounts connected to them.", s.controlPlatforms),
		op(post, "platforms/ticket", "Mints a component_verify_ticket and pushes it.", func(ctx context.Context, in platformIn) (told, error) {
			id, err := s.onlyPlatform(in.Platform)
			if err != nil {
				return told{}, err
			}
			return toldOf(true, s.PushTicket(ctx, id))
		}),
		op(post, "platforms/connect", "A merchant agrees that the platform acts for an account; authorized or updateauthorized is pushed.", func(ctx context.Context, in struct {
			merchantIn
			Permissions []int `json:"permissions,omitempty" doc:"ids of permission sets, 4 is the one for web pages"`
		}) (out connectOut, err error) {
			id, err := s.onlyPlatform(in.Platform)
			if err != nil {
				return out, err
			}
			out.Code, err = s.Connect(ctx, id, in.AppID, in.Permissions...)
			if err != nil && out.Code != "" {
				out.Trouble, err = err.Error(), nil
			}
			return out, err
		}),
		op(post, "platforms/disconnect", "A merchant takes the consent back; unauthorized is pushed.", func(ctx context.Context, in merchantIn) (told, error) {
			id, err := s.onlyPlatform(in.Platform)
			if err != nil {
				return told{}, err
			}
			connected := slices.Contains(s.ConnectedAccounts(id), in.AppID)
			return toldOf(connected, s.Disconnect(ctx, id, in.AppID))
		}),
		op(put, "platforms/mode", "How the platform meets WeChat from now on; what is left out is off.", func(_ context.Context, in struct {
			platformIn
			PlatformMode
		}) (none, error) {
			id, err := s.onlyPlatform(in.Platform)
			if err != nil {
				return none{}, err
			}
			return none{}, s.SetPlatformMode(id, in.PlatformMode)
		}),
		op(put, "platforms/urls", "Where tickets, events and messages of accounts are pushed.", func(_ context.Context, in struct {
			platformIn
			EventURL   string `json:"event_url"`
			MessageURL string `json:"message_url,omitempty" doc:"with $APPID$ where the account's appid stands"`
		}) (none, error) {
			id, err := s.onlyPlatform(in.Platform)
			if err != nil {
				return none{}, err
			}
			return none{}, s.SetPlatformURLs(id, in.EventURL, in.MessageURL)
		}),
		op(put, "platforms/ips", "Sets the platform's IP whitelist; calls from elsewhere answer 61004.", func(_ context.Context, in struct {
			platformIn
			IPs []string `json:"ips" doc:"addresses and CIDR blocks; an empty list lets every address call"`
		}) (none, error) {
			id, err := s.onlyPlatform(in.Platform)
			if err != nil {
				return none{}, err
			}
			return none{}, s.SetPlatformIPs(id, in.IPs...)
		}),
		op(post, "platforms/expire", "Every component_access_token answers 40001 from now on.", func(_ context.Context, in platformIn) (none, error) {
			id, err := s.onlyPlatform(in.Platform)
			if err != nil {
				return none{}, err
			}
			return none{}, s.ExpireComponentToken(id)
		}),
	}
}

// onlyPlatform is the platform that a call means.
func (s *Sim) onlyPlatform(named string) (string, error) {
	switch {
	case named != "":
		if _, known := s.platforms[named]; !known {
			return "", fmt.Errorf("wxsim: no platform with AppID %q", named)
		}
		return named, nil
	case len(s.cfg.Platforms) == 1:
		return s.cfg.Platforms[0].AppID, nil
	case len(s.cfg.Platforms) == 0:
		return "", errors.New("wxsim: no platform is configured")
	}
	return "", errors.New("wxsim: there are several platforms, name one")
}

func (s *Sim) controlPlatforms(context.Context, none) (platformsOut, error) {
	out := platformsOut{[]platformShown{}}
	for _, p := range s.cfg.Platforms {
		shown := platformShown{AppID: p.AppID, Name: s.platforms[p.AppID].Name, Connected: append([]string{}, s.ConnectedAccounts(p.AppID)...)}
		s.mu.Lock()
		shown.Mode = s.platformStates[p.AppID].mode
		s.mu.Unlock()
		out.Platforms = append(out.Platforms, shown)
	}
	return out, nil
}
