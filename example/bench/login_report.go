package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core"
)

// writeLogins measures logins and puts their section where it belongs: into README.md
// beside the rest, or to the terminal.
func writeLogins(o options, stdout, progress io.Writer) error {
	cells, err := measureLogins(o, progress)
	if err != nil {
		return err
	}
	cpu, err := measureLoginCPU(o)
	if err != nil {
		return err
	}
	var section strings.Builder
	reportLogins(&section, cells, cpu, o)
	if o.output == "" {
		_, err := io.WriteString(stdout, section.String())
		return err
	}
	old, err := os.ReadFile(o.output)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	before, _, after := cutLogins(string(old))
	return os.WriteFile(o.output, []byte(strings.TrimRight(before, "\n")+"\n\n"+section.String()+after), 0o644)
}

// cutLogins takes a report apart around the section of logins.
func cutLogins(report string) (before, section, after string) {
	before, rest, found := strings.Cut(report, loginSection)
	if !found {
		return report, "", ""
	}
	section, after, _ = strings.Cut(rest, loginEnd+"\n")
	return before, loginSection + section + loginEnd + "\n", after
}

func reportLogins(out io.Writer, cells []loginCell, cpu []loginCPU, o options) {
	fmt.Fprintf(out, "%s\n\n## What a visitor waits for at a login\n\n", loginSection)
	fmt.Fprintf(out, "The callback from its arrival to our redirect, behind TLS and a link that takes the time in the heading for each round trip; median of %d rounds, every one with connections of its own. "+
		"Cold is the first login of a process (and the first after a minute, when servers have closed idle connections), warm is the second. "+
		"The visitor is at WeChat for %v; who is back before the two round trips of a connection are over waits for the rest of them. trips is the time divided by that of a round trip. A session is stored by this library only.\n\n", o.loginRounds, away)
	at := map[string]time.Duration{}
	key := func(peer, scope string, warm bool, rtt time.Duration) string {
		return fmt.Sprint(peer, scope, warm, rtt)
	}
	for _, c := range cells {
		at[key(c.Peer, c.Scope, c.Warm, c.RTT)] = c.Median
	}
	for _, scope := range []string{string(core.Silent), string(core.Prompt)} {
		fmt.Fprintf(out, "**%s**\n\n| library | |", map[string]string{string(core.Silent): "silent: one call", string(core.Prompt): "with the profile: two calls"}[scope])
		for _, rtt := range loginDelays {
			fmt.Fprintf(out, " %v | trips |", rtt)
		}
		fmt.Fprint(out, "\n|---|---|"+strings.Repeat("--:|--:|", len(loginDelays))+"\n")
		for _, p := range loginPeers {
			if scope == string(core.Silent) && !p.silent {
				continue
			}
			for _, warm := range []bool{false, true} {
				fmt.Fprintf(out, "| %s | %s |", p.name, map[bool]string{false: "cold", true: "warm"}[warm])
				for _, rtt := range loginDelays {
					d := at[key(p.name, scope, warm, rtt)]
					fmt.Fprintf(out, " %.0f ms | %.1f |", float64(d)/1e6, float64(d)/float64(rtt))
				}
				fmt.Fprintln(out)
			}
		}
		fmt.Fprintln(out)
	}
	fmt.Fprint(out, "**CPU time of this side for a silent login** (getrusage, 1000 logins, no delay)\n\n| what | CPU time |\n|---|--:|\n")
	for _, c := range cpu {
		fmt.Fprintf(out, "| %s | %.0f µs |\n", c.What, float64(c.Each)/1e3)
	}
	fmt.Fprintf(out, "\n%s\n", loginEnd)
}
