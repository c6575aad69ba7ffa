package wxsim

import (
	"context"
	"encoding/json"
	"fmt"
)

// Limits of a menu (创建自定义菜单, 参数说明).
const (
	maxButtons = 3
	maxSub     = 5
	maxName    = 16 // bytes of the name of a button
	maxSubName = 60
	maxKey     = 128
	maxLink    = 1024
)

// menuButton is a button of an account's menu. A button with Sub only opens those.
type menuButton struct {
	Type string       `json:"type"`
	Name string       `json:"name"`
	Key  string       `json:"key"`
	URL  string       `json:"url"`
	Page string       `json:"pagepath"`
	Sub  []menuButton `json:"sub_button"`
}

// parseMenu reads a menu and returns the errcode that WeChat has for what is wrong
// in it, or 0.
func parseMenu(raw []byte) ([]menuButton, int) {
	var in struct {
		Button []menuButton `json:"button"`
	}
	if json.Unmarshal(raw, &in) != nil {
		return nil, codeFormat
	}
	if len(in.Button) < 1 || len(in.Button) > maxButtons {
		return nil, codeButtons
	}
	for _, b := range in.Button {
		switch {
		case len(b.Name) < 1 || len(b.Name) > maxName:
			return nil, codeButtons + 2
		case len(b.Sub) == 0:
			if wrong := b.wrong(codeButtons); wrong != 0 {
				return nil, wrong
			}
		case len(b.Sub) > maxSub:
			return nil, codeSubButtons
		}
		for _, sub := range b.Sub {
			if len(sub.Name) < 1 || len(sub.Name) > maxSubName {
				return nil, codeSubButtons + 2
			}
			if wrong := sub.wrong(codeSubButtons); wrong != 0 {
				return nil, wrong
			}
		}
	}
	return in.Button, 0
}

// wrong is what is wrong with a button that does something. The errcodes follow on
// base: size, type, name, key, url.
func (b menuButton) wrong(base int) int {
	switch b.Type {
	case "view":
		if len(b.URL) < 1 || len(b.URL) > maxLink || !isPageAddress(b.URL) {
			return base + 4
		}
	case "click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select":
		if len(b.Key) < 1 || len(b.Key) > maxKey {
			return base + 3
		}
	case "miniprogram":
		if len(b.URL) < 1 || len(b.URL) > maxLink {
			return base + 4
		}
	case "media_id", "view_limited", "article_id", "article_view_limited":
	default:
		return base + 1
	}
	return 0
}

// PressMenu lets a follower press a button of the account's menu, which is pushed:
// CLICK with the button's key, or VIEW with its address. The button is named by its
// place, "1" for the first, "2.1" for the first below the second. It returns the
// address that the button opens, "" for none. From then on the person comes from the
// menu, as with [Sim.SetFromMenu], if the button opens a page. The error names an
// unknown account, person or button, a person who does not follow, or a button that
// the simulator cannot press; the other errors are those of [Sim.Follow].
func (s *Sim) PressMenu(ctx context.Context, appID, personID, button string) (address string, err error) {
	address, _, err = s.pressMenu(ctx, appID, personID, button)
	return address, err
}

func (s *Sim) pressMenu(ctx context.Context, appID, personID, button string) (address string, told bool, err error) {
	if err := s.knowsFollowable(appID, personID); err != nil {
		return "", false, err
	}
	if !s.Following(appID, personID) {
		return "", false, fmt.Errorf("wxsim: %s does not follow %s, and sees no menu", personID, appID)
	}
	s.mu.Lock()
	b, ok := findButton(s.states[appID].buttons, button)
	s.mu.Unlock()
	if !ok {
		return "", false, fmt.Errorf("wxsim: %s has no menu button %q", appID, clipped(button))
	}
	name, key := "CLICK", b.Key
	switch b.Type {
	case "click":
		s.mu.Lock()
		s.talked(appID, personID, actionRoom, actionTime)
		s.mu.Unlock()
	case "view":
		name, key, address = "VIEW", b.URL, b.URL
		s.SetFromMenu(personID, true)
	default:
		return "", false, fmt.Errorf("wxsim: the simulator presses buttons of the types click and view; this one is %s", b.Type)
	}
	s.sayLocked(appID, personID, ChatMessage{Kind: "event", Text: b.Name})
	told, err = s.event(ctx, appID, personID, name, key, "")
	return address, told, err
}

// findButton finds a button by its place.
func findButton(buttons []menuButton, place string) (menuButton, bool) {
	for i, b := range buttons {
		if len(b.Sub) == 0 && place == fmt.Sprint(i+1) {
			return b, true
		}
		for j, sub := range b.Sub {
			if place == fmt.Sprintf("%d.%d", i+1, j+1) {
				return sub, true
			}
		}
	}
	return menuButton{}, false
}
