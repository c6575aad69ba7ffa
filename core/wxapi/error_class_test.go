package wxapi

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// reaches says whether a row of the list can be an answer to one of our calls.
func reaches(endpoints string) (yes, known bool) {
	for prefix, ours := range map[string]bool{
		"/sns": true, "/cgi-bin": true, "all": true, "token endpoints": true, "stable_token": true,
		"message APIs": true, "JSON POST APIs": true, "jscode2session": true, "api.weixin.qq.com": true,
		"open ": false, "same": false, "lp.open": false, "component": false, "mini-program": false,
		"local crypto": false,
	} {
		if strings.HasPrefix(endpoints, prefix) {
			return ours, true
		}
	}
	return false, false
}

// advised translates the list's advice, of which the part for /sns counts.
func advised(action string) (Class, bool) {
	if _, sns, found := strings.Cut(action, "sns: "); found {
		action = sns
	}
	if strings.HasPrefix(action, "RESTART_LOGIN with snsapi_userinfo") {
		return ClassScope, true
	}
	for prefix, class := range map[string]Class{
		"OK": ClassNone, "-": ClassNone, "RETRY": ClassRetry, "RESTART_LOGIN": ClassRestart,
		"refresh or RESTART_LOGIN": ClassRestart, "use cached result of first exchange, else RESTART_LOGIN": ClassRestart,
		"OPERATOR": ClassOperator, "USER": ClassUser,
	} {
		if strings.HasPrefix(action, prefix) {
			return class, true
		}
	}
	return ClassNone, false
}

func TestClassTable(t *testing.T) {
	list, err := os.ReadFile("testdata/errcodes.tsv")
	if err != nil {
		t.Fatal(err)
	}
	judged := map[int]bool{}
	rows := strings.Split(strings.TrimSpace(string(list)), "\n")
	if len(rows) < 80 {
		t.Fatalf("the list has only %d rows", len(rows))
	}
	for _, row := range rows[1:] {
		cells := strings.Split(row, "\t")
		if len(cells) != 5 {
			t.Errorf("rule: a row has five cells: %q", row)
			continue
		}
		ours, known := reaches(cells[2])
		if !known {
			t.Errorf("rule: every row is judged; nobody knows whether this reaches us: %q", row)
			continue
		}
		code, err := strconv.Atoi(cells[0])
		if err != nil {
			if ours {
				t.Errorf("rule: what reaches us has a number: %q", row)
			}
			continue
		}
		want := ClassNone
		if ours {
			if want, known = advised(cells[4]); !known {
				t.Errorf("rule: every row is judged; nobody knows this advice: %q", row)
				continue
			}
		}
		judged[code] = true
		if got := (&Error{Code: code}).Class(); got != want {
			t.Errorf("rule: %d (%s) is %v: got %v", code, cells[3], want, got)
		}
	}
	for code := range codeClasses {
		if !judged[code] {
			t.Errorf("rule: no code without a source: %d is not in the list", code)
		}
	}
}

func TestClassNames(t *testing.T) {
	for class, want := range map[Class]string{
		ClassNone: "none", ClassRestart: "restart", ClassRetry: "retry", ClassRefresh: "refresh",
		ClassOperator: "operator", ClassUser: "user", ClassScope: "scope", 7: "Class(7)", -1: "Class(-1)",
	} {
		if got := class.String(); got != want {
			t.Errorf("rule: a class has a name fit for a log: %d is %q, want %q", int(class), got, want)
		}
	}
}

func TestRetryable(t *testing.T) {
	tests := []struct {
		rule string
		err  error
		want bool
	}{
		{"WeChat was busy", &Error{Code: -1}, true},
		{"a machine in front of WeChat failed", &ReplyError{Status: 502}, true},
		{"the connection failed", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, true},
		{"a deadline expired", fmt.Errorf("a: %w", context.DeadlineExceeded), true},
		{"the quota of the minute is used up", &Error{Code: 45011}, false},
		{"also when it is wrapped", fmt.Errorf("a: %w", &Error{Code: 45011}), false},
		{"the quota of the day is used up", &Error{Code: 45009}, false},
		{"a new login is needed", &Error{Code: 40029}, false},
		{"the code is a mini program's", &Error{Code: 40242}, false},
		{"the code has been used", &Error{Code: 40163}, false},
		{"the operator has to act", &Error{Code: 40125}, false},
		{"the account's token is rejected", fmt.Errorf("%w: %w", ErrRefused, &Error{Code: -1}), false},
		{"the caller has left", context.Canceled, false},
		{"the reply is no answer", &ReplyError{Status: 200}, false},
		{"nothing failed", nil, false},
	}
	for _, tt := range tests {
		if got := Retryable(tt.err); got != tt.want {
			t.Errorf("rule: %s: Retryable(%v) is %v", tt.rule, tt.err, got)
		}
	}
}
