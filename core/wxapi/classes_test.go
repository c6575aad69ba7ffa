package wxapi

import (
	"os"
	"strconv"
	"strings"
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
		ClassOperator: "operator", ClassUser: "user", 6: "Class(6)", -1: "Class(-1)",
	} {
		if got := class.String(); got != want {
			t.Errorf("rule: a class has a name fit for a log: %d is %q, want %q", int(class), got, want)
		}
	}
}
