package wxsim

import (
	"net/http"
	"strconv"
	"time"
)

// The values of WeChat's subscribe_scene that the simulator uses.
const (
	sceneSearch  = "ADD_SCENE_SEARCH"
	sceneQRCode  = "ADD_SCENE_QR_CODE"
	sceneProfile = "ADD_SCENE_PROFILE_LINK"
)

// follow is how a person became a follower.
type follow struct {
	since   time.Time
	scene   string
	qrScene string // of a parametric QR code, "" for none
}

// userReply is a person as user/info describes them. For a person who does not
// follow, WeChat sends the openid alone.
type userReply struct {
	Subscribe int    `json:"subscribe"`
	OpenID    string `json:"openid"`
	*followReply
}

// followReply has the fields in WeChat's order. Since 2021-12-27 the keys of
// nickname and avatar stay and their values are empty (用户信息相关接口调整公告).
type followReply struct {
	Nickname       string `json:"nickname"`
	Sex            int    `json:"sex"`
	Language       string `json:"language"`
	City           string `json:"city"`
	Province       string `json:"province"`
	Country        string `json:"country"`
	HeadImgURL     string `json:"headimgurl"`
	SubscribeTime  int64  `json:"subscribe_time"`
	UnionID        string `json:"unionid,omitempty"`
	Remark         string `json:"remark"`
	GroupID        int    `json:"groupid"`
	TagIDList      []int  `json:"tagid_list"`
	SubscribeScene string `json:"subscribe_scene"`
	QRScene        int64  `json:"qr_scene"`
	QRSceneStr     string `json:"qr_scene_str"`
}

// follower says whether an openid follows the account.
func (s *Sim) follower(r *http.Request) reply {
	openID := r.URL.Query().Get("openid")
	account, unlock, wrong := s.cgiCall(r, nil)
	defer unlock()
	if wrong == 0 && openID == "" {
		wrong = codeNoOpenID
	}
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	u, ok := s.user(account, openID)
	if !ok {
		return s.cgiError(codeOpenID)
	}
	return apiJSON(0, u)
}

// user describes an openid of the account, with mu held.
func (s *Sim) user(a Account, openID string) (userReply, bool) {
	personID, ok := s.openIDs[a.AppID][openID]
	if !ok {
		return userReply{}, false
	}
	f, follows := s.states[a.AppID].followers[personID]
	if !follows {
		return userReply{OpenID: openID}, true
	}
	out := &followReply{Language: "zh_CN", SubscribeTime: f.since.Unix(), TagIDList: []int{}, SubscribeScene: f.scene}
	if !a.NoUnionID {
		out.UnionID = unionID(personID)
	}
	// Numbers of 32 bits are scene_id, everything else scene_str.
	if n, err := strconv.ParseUint(f.qrScene, 10, 32); err == nil {
		out.QRScene = int64(n)
	} else {
		out.QRSceneStr = f.qrScene
	}
	return userReply{1, openID, out}, true
}

// maxFollowers is how many openids batchget takes (批量获取用户基本信息).
const maxFollowers = 100

type followersRequest struct {
	UserList []struct {
		OpenID string `json:"openid"`
	} `json:"user_list"`
}

type followersReply struct {
	UserInfoList []userReply `json:"user_info_list"`
}

// followers describes up to a hundred openids in the order of the request. If
// one of them is not of the account, the whole call fails.
func (s *Sim) followers(r *http.Request) reply {
	var in followersRequest
	account, unlock, wrong := s.cgiCall(r, &in)
	defer unlock()
	if wrong == 0 && (len(in.UserList) == 0 || len(in.UserList) > maxFollowers) {
		wrong = codeListSize
	}
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	var out followersReply
	for _, asked := range in.UserList {
		u, ok := s.user(account, asked.OpenID)
		if !ok {
			return s.cgiError(codeOpenID)
		}
		out.UserInfoList = append(out.UserInfoList, u)
	}
	return apiJSON(0, out)
}
