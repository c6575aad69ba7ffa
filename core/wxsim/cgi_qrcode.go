package wxsim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"
)

// qrLinkPrefix is where the QR codes with a scene lead, as http://weixin.qq.com/q/
// does: to the account's page, where following means scanning.
const qrLinkPrefix = "/q/"

// maxQRLife is the longest life of a temporary QR code (生成带参数的二维码,
// "最大不超过2592000"), defaultQRLife the one without expire_seconds.
const (
	maxQRLife     = 2592000 * time.Second
	defaultQRLife = 60 * time.Second
)

// qrLink is a QR code with a scene.
type qrLink struct {
	scene  string
	ticket string
}

type qrCreateReply struct {
	Ticket        string `json:"ticket"`
	ExpireSeconds int    `json:"expire_seconds,omitempty"`
	URL           string `json:"url"`
}

// qrCreate makes a QR code with a scene (带参数的二维码). The same scene has the
// same ticket.
func (s *Sim) qrCreate(r *http.Request) reply {
	var in struct {
		ExpireSeconds int    `json:"expire_seconds"`
		ActionName    string `json:"action_name"`
		ActionInfo    struct {
			Scene struct {
				ID  json.Number `json:"scene_id"`
				Str string      `json:"scene_str"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	account, unlock, wrong := s.cgiCall(r, &in)
	defer unlock()
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	scene, life := in.ActionInfo.Scene.Str, time.Duration(in.ExpireSeconds)*time.Second
	switch in.ActionName {
	case "QR_SCENE", "QR_LIMIT_SCENE":
		n, err := strconv.ParseUint(in.ActionInfo.Scene.ID.String(), 10, 32)
		if err != nil || n == 0 || in.ActionName == "QR_LIMIT_SCENE" && n > 100000 {
			return s.cgiError(codeArgs)
		}
		scene = strconv.FormatUint(n, 10)
	case "QR_STR_SCENE", "QR_LIMIT_STR_SCENE":
		if n := utf8.RuneCountInString(scene); n < 1 || n > 64 {
			return s.cgiError(codeArgs)
		}
	default:
		return s.cgiError(codeArgs)
	}
	out := qrCreateReply{Ticket: qrTicket(account.AppID, scene), ExpireSeconds: in.ExpireSeconds}
	switch permanent := in.ActionName == "QR_LIMIT_SCENE" || in.ActionName == "QR_LIMIT_STR_SCENE"; {
	case permanent:
		out.ExpireSeconds, life = 0, 100*365*24*time.Hour
	case life <= 0:
		out.ExpireSeconds, life = int(defaultQRLife.Seconds()), defaultQRLife
	case life > maxQRLife:
		out.ExpireSeconds, life = int(maxQRLife.Seconds()), maxQRLife
	}
	id := "02" + digest("qr link", account.AppID, scene)[:20]
	now := s.now()
	s.states[account.AppID].qrCodes.drop(id)
	s.states[account.AppID].qrCodes.put(now, id, qrLink{scene, out.Ticket}, now.Add(life))
	out.URL = origin(r) + qrLinkPrefix + id
	return apiJSON(0, out)
}

// showQRCode is the picture of a QR code, by its ticket (通过ticket换取二维码).
func (s *Sim) showQRCode(r *http.Request) reply {
	ticket, now := r.URL.Query().Get("ticket"), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, state := range s.states {
		for id, item := range state.qrCodes.items {
			if item.value.ticket == ticket && now.Before(item.until) {
				return qrPicture(origin(r) + qrLinkPrefix + id)
			}
		}
	}
	return textReply(http.StatusNotFound, "wxsim: no QR code with this ticket, or it has expired")
}

// qrLinkOf finds the account and the scene of a QR code's address.
func (s *Sim) qrLinkOf(id string) (appID, scene string, ok bool) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for appID, state := range s.states {
		if link, ok := state.qrCodes.get(now, id); ok {
			return appID, link.scene, true
		}
	}
	return "", "", false
}
