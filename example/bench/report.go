package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// preface says what the tables are about.
const preface = `# What a request costs

What a logged-in request costs behind this library and behind others that store the same whole user (13 fields), each in front of a handler that checks the open id.
This file is written by the command in this folder: go run -C example/bench . (it needs redis-server).

- wechat is this library as it comes; wechat-codec has a session manager of the app's own with core.Codec, -hash sets HashTokenInStore, -idle an idle time,
  wechat-gob has scs's own codec, wechat-redis keeps its sessions in Redis. wechat-unread has a handler that does not ask for the user.
- bare is the framework alone; bare-vary also sets one Vary header.
- "share" is our overhead relative to theirs: what this library adds to the bare framework, divided by what the other adds to it; the median of all rounds.
- Compare ratios of one run, never nanoseconds of two.

`

// report prints the tables: the summary and the promises first, then everything.
func report(out io.Writer, r results, o options) {
	fmt.Fprint(out, preface)
	fmt.Fprintf(out, "%s, %s/%s, %d CPUs, %d rounds", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), o.rounds)
	if o.parts[serverPart] {
		fmt.Fprintf(out, ", servers under %s", generator(o))
	}
	fmt.Fprintln(out, ".")
	fmt.Fprintln(out, versions())
	reportSummary(out, r)
	fmt.Fprint(out, "\n## Every target, misses included\n")
	reportTargets(out, r)
	fmt.Fprint(out, "\n## Every measurement\n")
	reportRequests(out, r)
	reportServers(out, r)
	for _, p := range []part{memoryPart, soakPart} {
		reportRest(out, r, p)
	}
}

func generator(o options) string {
	if o.wrk != "" {
		return "wrk"
	}
	return "a load generator of our own"
}

// versions names the peers.
func versions() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var names []string
	for _, m := range info.Deps {
		for _, peer := range []string{"alexedwards/scs/", "gin-gonic/gin", "gofiber/fiber", "valyala/fasthttp", "gorilla/sessions", "gin-contrib/sessions", "gin-jwt", "golang-jwt/jwt/v5", "go-chi/jwtauth", "markbates/goth", "redis/go-redis"} {
			if strings.Contains(m.Path, peer) {
				names = append(names, strings.TrimPrefix(m.Path, "github.com/")+" "+m.Version)
			}
		}
	}
	return strings.Join(names, ", ") + "."
}

// reportSummary prints the five rows that the guides at the root show as well.
func reportSummary(out io.Writer, r results) {
	rows := []struct{ framework, text, peer string }{
		{"net/http", "scs", "nethttp/scs"},
		{"net/http", "golang-jwt", "nethttp/golang-jwt"},
		{"gin", "scs", "gin/scs"},
		{"gin", "gin-contrib/sessions", "gin/gin-contrib-sessions"},
		{"fiber", "fiber's own sessions", "fiber/fiber-session"},
	}
	header := false
	for _, row := range rows {
		framework, _, _ := strings.Cut(row.peer, "/")
		ours, peer, bare := request("seq/"+framework+"/wechat"), request("seq/"+row.peer), request("seq/"+framework+"/bare")
		if len(r[ours]) == 0 || len(r[peer]) == 0 || len(r[bare]) == 0 {
			continue
		}
		if !header {
			fmt.Fprint(out, "\n## Summary\n\n| framework | compared with | ns/op | theirs | share | allocs/op | theirs |\n|---|---|--:|--:|--:|--:|--:|\n")
			header = true
		}
		mid := func(name, unit string) float64 { return median(r.values(name, unit)) }
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %.0f | %.0f |\n", row.framework, row.text,
			digits(mid(ours, nsPerOp)), digits(mid(peer, nsPerOp)), share.text(median(r.shares(ours, peer, bare))),
			mid(ours, allocsPerOp), mid(peer, allocsPerOp))
	}
}

// shares is what ours adds to bare, as a share of what a peer adds, round by round.
func (r results) shares(ours, peer, bare string) []float64 {
	return each(r, func(s []sample) float64 {
		return (s[0][nsPerOp] - s[2][nsPerOp]) / (s[1][nsPerOp] - s[2][nsPerOp])
	}, ours, peer, bare)
}

func reportTargets(out io.Writer, r results) {
	fmt.Fprint(out, "\n| target | limit | measured | |\n|---|--:|--:|---|\n")
	met, missed := 0, 0
	for _, t := range targets() {
		v, measured := r.of(t)
		if !measured {
			continue
		}
		verdict := "**missed**"
		switch {
		case t.hasStretch && t.met(v, t.stretch):
			verdict = "met, and the stretch of " + t.form.text(t.stretch)
		case t.met(v, t.limit):
			verdict = "met"
		}
		if t.met(v, t.limit) {
			met++
		} else {
			missed++
		}
		bound := "≤ "
		if t.least {
			bound = "≥ "
		}
		fmt.Fprintf(out, "| %s | %s%s | %s | %s |\n", t.name, bound, t.form.text(t.limit), t.form.text(v), verdict)
	}
	fmt.Fprintf(out, "\n%d met, %d missed, %d not measured in this run.\n", met, missed, len(targets())-met-missed)
}

func (f form) text(v float64) string {
	switch {
	case f == share && v > 0 && v < 0.5:
		return fmt.Sprintf("1/%.3g", 1/v)
	case f == share, f == times:
		return fmt.Sprintf("%.2f ×", v)
	case v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// reportRequests prints a table for each framework and mode: ours beside the peers.
func reportRequests(out io.Writer, r results) {
	for _, mode := range []string{"seq", "par", "cold"} {
		for _, group := range append(frameworks(), "nobody", "") {
			var names []string
			for _, m := range measures() {
				at := strings.Split(m.name, "/")
				if m.part == requestPart && at[0] == mode && (len(at) == 3 && at[1] == group || len(at) == 2 && group == "") && len(r[m.benchmark()]) > 0 {
					names = append(names, m.name)
				}
			}
			if len(names) > 0 {
				requestTable(out, r, mode, group, names)
			}
		}
	}
}

func requestTable(out io.Writer, r results, mode, group string, names []string) {
	title := map[string]string{"seq": "one after the other", "par": "in parallel", "cold": "over 65,536 cold sessions"}[mode]
	name := map[string]string{"nobody": "without a login, and the way back", "": "parts alone"}[group]
	fmt.Fprintf(out, "\n**%s, %s**\n\n", cmp.Or(name, group), title)
	fmt.Fprint(out, "| what | ns/op | min–max | over bare | share | B/op | allocs/op |\n|---|--:|--:|--:|--:|--:|--:|\n")
	bare, ours := request(mode+"/"+group+"/bare"), request(mode+"/"+group+"/wechat")
	for _, name := range names {
		b := request(name)
		ns := r.values(b, nsPerOp)
		over, of := "", ""
		if len(r[bare]) > 0 && b != bare {
			over = digits(median(each(r, func(s []sample) float64 { return s[0][nsPerOp] - s[1][nsPerOp] }, b, bare)))
			if len(r[ours]) > 0 && b != ours {
				of = share.text(median(r.shares(ours, b, bare)))
			}
		}
		fmt.Fprintf(out, "| %s | %s | %s–%s | %s | %s | %.0f | %.0f |\n", name[strings.LastIndex(name, "/")+1:],
			digits(median(ns)), digits(slices.Min(ns)), digits(slices.Max(ns)), over, of,
			median(r.values(b, bytesPerOp)), median(r.values(b, allocsPerOp)))
	}
}

// each works a value out round by round.
func each(r results, value func([]sample) float64, names ...string) []float64 {
	var v []float64
	for i := range r[names[0]] {
		var round []sample
		for _, name := range names {
			if i >= len(r[name]) {
				return v
			}
			round = append(round, r[name][i])
		}
		v = append(v, value(round))
	}
	return v
}

// digits are three that count.
func digits(v float64) string {
	switch {
	case math.Abs(v) < 100:
		return fmt.Sprintf("%.1f", v)
	case math.Abs(v) < 10000:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.0f00", v/100)
}

func reportServers(out io.Writer, r results) {
	header := false
	for _, m := range servers() {
		rows := r[m.benchmark()]
		if len(rows) == 0 {
			continue
		}
		if !header {
			fmt.Fprint(out, "\n| server | req/s | best | of bare + Vary | p50 µs | p99 µs | best | CPU µs/req | best | of bare + Vary |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
			header = true
		}
		framework, _, _ := strings.Cut(m.name, "/")
		best, speed, cpu := bestOf(rows), "", ""
		if yard := r["BenchmarkServer/"+framework+"/bare-vary"]; len(yard) > 0 {
			y := bestOf(yard)
			speed, cpu = fmt.Sprintf("%.3f", best[requestsPerS]/y[requestsPerS]), fmt.Sprintf("%.3f", best[cpuPerRequest]/y[cpuPerRequest])
		}
		mid := func(unit string) float64 { return median(r.values(m.benchmark(), unit)) }
		fmt.Fprintf(out, "| %s | %.0f | %.0f | %s | %.0f | %.0f | %.0f | %.2f | %.2f | %s |\n", m.name,
			mid(requestsPerS), best[requestsPerS], speed, mid(p50), mid(p99), best[p99], mid(cpuPerRequest), best[cpuPerRequest], cpu)
	}
}

// reportRest prints every value of every round.
func reportRest(out io.Writer, r results, p part) {
	header := false
	for _, m := range measures() {
		rows := r[m.benchmark()]
		if m.part != p || len(rows) == 0 {
			continue
		}
		if !header {
			fmt.Fprint(out, "\n| what | unit | median | each |\n|---|---|--:|---|\n")
			header = true
		}
		units := make([]string, 0, len(rows[0]))
		for unit := range rows[0] {
			units = append(units, unit)
		}
		slices.Sort(units)
		for _, unit := range units {
			v := r.values(m.benchmark(), unit)
			var texts []string
			for _, x := range v {
				texts = append(texts, fmt.Sprintf("%.4g", x))
			}
			fmt.Fprintf(out, "| %s | %s | %.4g | %s |\n", m.name, unit, median(v), strings.Join(texts, ", "))
		}
	}
}
