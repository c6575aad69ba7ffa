package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core"
)

func TestCutLogins(t *testing.T) {
	const section = loginSection + "\ntable\n" + loginEnd + "\n"
	for rule, tt := range map[string]struct{ report, before, section, after string }{
		"a report without logins":            {"a\nb\n", "a\nb\n", "", ""},
		"a section at the end":               {"a\n\n" + section, "a\n\n", section, ""},
		"a section in the middle":            {"a\n" + section + "c\n", "a\n", section, "c\n"},
		"a section of somebody else's stays": {"a\n<!-- other -->\n" + section, "a\n<!-- other -->\n", section, ""},
	} {
		before, got, after := cutLogins(tt.report)
		if before != tt.before || got != tt.section || after != tt.after {
			t.Errorf("rule: the section of logins is replaced and nothing else: %s: %q, %q, %q", rule, before, got, after)
		}
	}
}

// Each peer logs in behind TLS, so that the table compares what works.
func TestLoginPeersLogIn(t *testing.T) {
	w, err := newLoginWorld()
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	for n, peer := range loginPeers {
		cells, err := w.inChild(0, loginTask, string(rune('0'+n)), time.Millisecond.String(), "1")
		want := 4
		if !peer.silent {
			want = 2
		}
		if err != nil || len(cells) != want {
			t.Errorf("rule: %s logs in: %v, %v", peer.name, cells, err)
		}
	}
	var out strings.Builder
	reportLogins(&out, []loginCell{{loginPeers[0].name, loginDelays[0], string(core.Silent), false, 20 * time.Millisecond}}, nil, options{loginRounds: 1})
	if !strings.Contains(out.String(), "| wechat (this library) | cold | 20 ms | 1.0 |") || !strings.HasSuffix(out.String(), loginEnd+"\n") {
		t.Errorf("rule: a figure stands in its cell: %s", &out)
	}
	if _, err := mintCode(context.Background(), w.codes.URL, "no-such-scope"); err == nil {
		t.Error("rule: what gives no code is an error")
	}
}
