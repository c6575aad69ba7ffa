package wxsim

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// Error codes of api.weixin.qq.com, from WeChat's list 全局返回码.
const (
	codeSystem         = -1
	codeBadToken       = 40001
	codeGrantType      = 40002
	codeOpenID         = 40003
	codeAppID          = 40013
	codeForeignToken   = 40014
	codeCode           = 40029
	codeRefresh        = 40030
	codeListSize       = 40032
	codeArgs           = 40097
	codeSecret         = 40125
	codeUsed           = 40163
	codeNoToken        = 41001
	codeNoAppID        = 41002
	codeNoRefresh      = 41003
	codeNoSecret       = 41004
	codeNoCode         = 41008
	codeNoOpenID       = 41009
	codeTokenExpired   = 42001
	codeRefreshExpired = 42002
	codeWantGet        = 43001
	codeWantPost       = 43002
	codeNoBody         = 44002
	codeQuota          = 45009
	codeFormat         = 47001
	codeUnauthorized   = 48001
)

// message is the text WeChat sends with an error code, without the rid.
func message(code int) string {
	switch code {
	case codeSystem:
		return "system error"
	case codeBadToken:
		return "invalid credential, access_token is invalid or not latest"
	case codeGrantType:
		return "invalid grant_type"
	case codeOpenID:
		return "invalid openid"
	case codeAppID:
		return "invalid appid"
	case codeForeignToken:
		return "invalid access_token"
	case codeCode:
		return "invalid code"
	case codeRefresh:
		return "invalid refresh_token"
	case codeListSize:
		return "invalid openid list size"
	case codeArgs:
		return "invalid args"
	case codeSecret:
		return "invalid appsecret"
	case codeUsed:
		return "code been used"
	case 40226:
		return "code blocked"
	case 40242: // a mini program's code; the text has not been seen
		return "invalid code"
	case codeNoToken:
		return "access_token missing"
	case codeNoAppID:
		return "appid missing"
	case codeNoRefresh:
		return "refresh_token missing"
	case codeNoSecret:
		return "appsecret missing"
	case codeNoCode:
		return "missing code"
	case codeNoOpenID:
		return "missing openid"
	case codeTokenExpired:
		return "access_token expired"
	case codeRefreshExpired:
		return "refresh_token expired"
	case codeWantGet:
		return "require GET method"
	case codeWantPost:
		return "require POST method"
	case codeNoBody:
		return "empty post data"
	case codeQuota:
		return "reach max api daily quota limit"
	case 45011:
		return "api minute-quota reach limit mustslower  retry next minute"
	case codeFormat:
		return "data format error"
	case codeUnauthorized:
		return "api unauthorized"
	case 50001:
		return "user unauthorized"
	case 50002:
		return "user limited"
	}
	return "error"
}

// apiError is the reply to a failed API call; errmsg carries the request id
// the way the /sns endpoints write it since 2020: after a comma.
func (s *Sim) apiError(code int) reply {
	return apiJSON(code, errorBody{code, message(code) + ", rid: " + newRID(s.now())})
}

// coreError is the reply to a failed call of /cgi-bin: those write the request
// id after a space alone, and more about a token that is out of force.
func (s *Sim) coreError(code int) reply {
	text := message(code)
	if code == codeBadToken {
		text += ", could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"
	}
	return apiJSON(code, errorBody{code, text + " rid: " + newRID(s.now())})
}

type errorBody struct {
	ErrCode int    `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
}

// apiJSON writes a body as WeChat does: status 200 whatever happened, a
// Content-Type of text/plain without charset, and "/" escaped.
func apiJSON(code int, body any) reply {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return reply{status: http.StatusInternalServerError, outcome: "500"}
	}
	// A slash can only stand inside a string, so this cannot break the JSON.
	out := bytes.ReplaceAll(bytes.TrimSpace(buf.Bytes()), []byte("/"), []byte(`\/`))
	return reply{status: http.StatusOK, contentType: "text/plain", body: out, outcome: outcomeOf(code)}
}
