package wxsim

import (
	"net/http"
	"strings"
	"time"
)

// ridLife is how long an error can be asked about (查询rid信息, "有效期是7天").
const ridLife = 7 * 24 * time.Hour

// ridLength is how long a request id is.
const ridLength = 26

// ridRecord is an error reply as rid/get explains it. It holds no parameter:
// WeChat shows the start of the access_token, which is a secret here as well.
type ridRecord struct {
	at       time.Time
	path     string
	response string
	clientIP string
}

// noteRID keeps an error reply for rid/get.
func (s *Sim) noteRID(r *http.Request, a reply) {
	if _, api := s.routes[r.URL.Path]; !api || a.outcome == "ok" || len(a.body) > 1024 {
		return
	}
	_, rid, _ := strings.Cut(string(a.body), "rid: ")
	if len(rid) < ridLength {
		return
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rids.put(now, rid[:ridLength], ridRecord{now, r.URL.Path, string(a.body), callerIP(r)}, now.Add(ridLife))
}

type ridReply struct {
	errorBody
	Request struct {
		InvokeTime   int64  `json:"invoke_time"`
		CostInMS     int    `json:"cost_in_ms"`
		RequestURL   string `json:"request_url"`
		RequestBody  string `json:"request_body"`
		ResponseBody string `json:"response_body"`
		ClientIP     string `json:"client_ip"`
	} `json:"request"`
}

// ridGet explains an error by its request id.
func (s *Sim) ridGet(r *http.Request) reply {
	var in struct {
		RID string `json:"rid"`
	}
	_, unlock, wrong := s.cgiCall(r, &in)
	defer unlock()
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	found, ok := s.rids.get(s.now(), in.RID)
	if !ok {
		return s.cgiError(codeNoRID)
	}
	out := ridReply{errorBody: errorBody{0, "ok"}}
	out.Request.InvokeTime, out.Request.CostInMS = found.at.Unix(), 1
	out.Request.RequestURL, out.Request.ResponseBody, out.Request.ClientIP = found.path, found.response, found.clientIP
	return apiJSON(0, out)
}
