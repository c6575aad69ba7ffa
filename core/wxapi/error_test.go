package wxapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
)

func TestErrorTexts(t *testing.T) {
	tests := []struct {
		rule, body string
		want       Error
		text       string
	}{
		{"a rid after a comma is the request id", `{"errcode":40163,"errmsg":"code been used, rid: 62bae58d-5bf58b34-5f8e035e"}`,
			Error{"/sns/oauth2/access_token", 40163, "code been used, rid: 62bae58d-5bf58b34-5f8e035e", "62bae58d-5bf58b34-5f8e035e"},
			"wechat: errcode 40163: code been used, rid: 62bae58d-5bf58b34-5f8e035e"},
		{"a rid after a space is the request id", `{"errcode":40013,"errmsg":"invalid appid rid: 6aac005a-01bfdbee-79769285"}`,
			Error{"/sns/oauth2/access_token", 40013, "invalid appid rid: 6aac005a-01bfdbee-79769285", "6aac005a-01bfdbee-79769285"},
			"wechat: errcode 40013: invalid appid rid: 6aac005a-01bfdbee-79769285"},
		{"an old req_id is the request id", `{"errcode":-1,"errmsg":"system error, hints: [ req_id: 4FFbQDshE-npwHqA ]"}`,
			Error{"/sns/oauth2/access_token", -1, "system error, hints: [ req_id: 4FFbQDshE-npwHqA ]", "4FFbQDshE-npwHqA"},
			"wechat: errcode -1: system error, hints: [ req_id: 4FFbQDshE-npwHqA ]"},
		{"a key rid is the request id and is told", `{"errcode":"48001","errmsg":"api unauthorized","rid":"62fb9bc8-078c24da-4202f278"}`,
			Error{"/sns/oauth2/access_token", 48001, "api unauthorized", "62fb9bc8-078c24da-4202f278"},
			"wechat: errcode 48001: api unauthorized, rid: 62fb9bc8-078c24da-4202f278"},
		{"a key rid of no sane shape is none", `{"errcode":1,"errmsg":"x","rid":"a b<script>"}`,
			Error{"/sns/oauth2/access_token", 1, "x", ""}, "wechat: errcode 1: x"},
		{"a rid that is half masked or too long is none", `{"errcode":1,"errmsg":"rid: ab` + testCode + ` req_id: ` + strings.Repeat("a", 65) + `"}`,
			Error{"/sns/oauth2/access_token", 1, "rid: ab*** req_id: " + strings.Repeat("a", 65), ""}, "wechat: errcode 1: rid: ab*** req_id: " + strings.Repeat("a", 65)},
		{"a word that ends in rid is none", `{"errcode":1,"errmsg":"bad grid: 5"}`, Error{"/sns/oauth2/access_token", 1, "bad grid: 5", ""}, "wechat: errcode 1: bad grid: 5"},
		{"no message is no harm", `{"errcode":1}`, Error{"/sns/oauth2/access_token", 1, "", ""}, "wechat: errcode 1"},
		{"a message that is no text is none", `{"errcode":1,"errmsg":{},"rid":7}`, Error{"/sns/oauth2/access_token", 1, "", ""}, "wechat: errcode 1"},
		{"a message cannot forge a line of a log", `{"errcode":1,"errmsg":"a\r\nlevel=ERROR` + "\n\x1b" + `[31m\u202eb"}`,
			Error{"/sns/oauth2/access_token", 1, "alevel=ERROR[31mb", ""}, "wechat: errcode 1: alevel=ERROR[31mb"},
		{"a long message is cut", `{"errcode":1,"errmsg":"` + strings.Repeat("误", 600) + `"}`,
			Error{"/sns/oauth2/access_token", 1, strings.Repeat("误", 512), ""}, "wechat: errcode 1: " + strings.Repeat("误", 512)},
		{"a secret at the cut of a long message is masked, not halved", `{"errcode":1,"errmsg":"` + strings.Repeat("x", 500) + testSecret + `"}`,
			Error{"/sns/oauth2/access_token", 1, strings.Repeat("x", 500) + "***", ""}, "wechat: errcode 1: " + strings.Repeat("x", 500) + "***"},
		{"a secret in a message is masked", `{"errcode":1,"errmsg":"no ` + testSecret + ` for ` + testCode + `"}`,
			Error{"/sns/oauth2/access_token", 1, "no *** for ***", ""}, "wechat: errcode 1: no *** for ***"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			_, err := client(t, says(200, tt.body)).Exchange(context.Background(), testCode)
			var e *Error
			if !errors.As(err, &e) || *e != tt.want || err.Error() != tt.text {
				t.Errorf("rule: %s\n got %+v\nwant %+v", tt.rule, e, tt.want)
			}
		})
	}
}

func TestReplyErrors(t *testing.T) {
	tests := []struct {
		rule   string
		status int
		body   string
		want   Class
		text   string
	}{
		{"nonsense with 200 stays nonsense", 200, "<html>", ClassNone, "wechat: WeChat's reply could not be understood: HTTP 200, not JSON"},
		{"nonsense with 404 stays nonsense", 404, "<html>", ClassNone, "wechat: WeChat's reply could not be understood: HTTP 404, not JSON"},
		{"HTML with 502 is passing trouble", 502, "<html>", ClassRetry, "wechat: WeChat's reply could not be understood: HTTP 502, not JSON"},
		{"nothing with 503 is passing trouble", 503, "", ClassRetry, "wechat: WeChat's reply could not be understood: HTTP 503, not JSON"},
		{"a stranger's JSON with 504 is passing trouble", 504, "{}", ClassRetry, "wechat: WeChat's reply could not be understood: HTTP 504, it has no valid openid"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			_, err := client(t, says(tt.status, tt.body)).Exchange(context.Background(), testCode)
			var r *ReplyError
			if !errors.As(err, &r) || r.Status != tt.status || !errors.Is(err, ErrReply) || err.Error() != tt.text {
				t.Errorf("rule: %s: %v", tt.rule, err)
			}
			if got := Classify(fmt.Errorf("login: %w", err)); got != tt.want {
				t.Errorf("rule: %s: %v, want %v", tt.rule, got, tt.want)
			}
		})
	}
}

func TestClassify(t *testing.T) {
	dns := &net.DNSError{Err: "no such host", Name: "api.weixin.qq.com", IsNotFound: true}
	viaTransport := func(err error) error {
		c := clientAt(t, Config{HTTPClient: &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, err })}})
		_, err = c.Exchange(context.Background(), testCode)
		return err
	}
	tests := []struct {
		rule string
		err  error
		want Class
	}{
		{"nil is nothing", nil, ClassNone},
		{"an unknown error is nothing", errors.New("x"), ClassNone},
		{"an unknown code is nothing", &Error{Code: 12345}, ClassNone},
		{"a code counts through wrapping", fmt.Errorf("a: %w", errors.Join(io.EOF, &Error{Code: 40029})), ClassRestart},
		{"a code of no shape restarts", fmt.Errorf("a: %w", ErrCode), ClassRestart},
		{"a bare ErrReply is nothing", ErrReply, ClassNone},
		{"a missing host is passing", dns, ClassRetry},
		{"a missing host behind a call is passing", viaTransport(dns), ClassRetry},
		{"a refused connection is passing", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, ClassRetry},
		{"a reset behind a call is passing", viaTransport(syscall.ECONNRESET), ClassRetry},
		{"a broken body behind a call is passing", viaTransport(io.ErrUnexpectedEOF), ClassRetry},
		{"a deadline is passing", context.DeadlineExceeded, ClassRetry},
		{"a cancelled context is nothing", context.Canceled, ClassNone},
		{"a cancelled context is nothing, though the wrapper is a network error", &url.Error{Op: "Get", URL: "x", Err: context.Canceled}, ClassNone},
	}
	for _, tt := range tests {
		if got := Classify(tt.err); got != tt.want {
			t.Errorf("rule: %s: %v is %v, want %v", tt.rule, tt.err, got, tt.want)
		}
	}
	var found *net.DNSError
	if err := viaTransport(dns); !errors.As(err, &found) || err.Error() != "wechat: exchange: lookup api.weixin.qq.com: no such host" {
		t.Errorf("rule: the cause of a failed call stays within reach: %v", err)
	}
}
