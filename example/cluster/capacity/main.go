// Command capacity says what a site of a given size needs.
//
//	go run -C example/cluster ./capacity -users 1000000
//	go run -C example/cluster ./capacity -users 1000000 -requests 2000 -logins 50
//	go run -C example/cluster ./capacity -table
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/seed467724c4/wechat/example/cluster/capacity/plan"
)

func main() {
	users := flag.Float64("users", 100_000, "people with a session")
	requests := flag.Float64("requests", 0, "logged-in requests per second at the peak; 0: a typical site's")
	logins := flag.Float64("logins", 0, "logins per second at the peak; 0: a typical site's")
	cores := flag.Float64("cores", 4, "CPUs of a node")
	all := flag.Bool("table", false, "print the table of the README")
	flag.Parse()
	if *users < 0 || *requests < 0 || *logins < 0 || *cores <= 0 {
		fmt.Fprintln(os.Stderr, "capacity: numbers must be positive")
		os.Exit(2)
	}
	if *all {
		table(os.Stdout)
		return
	}
	load := plan.Typical(*users)
	load.Cores = *cores
	if *requests > 0 {
		load.Requests = *requests
	}
	if *logins > 0 {
		load.Logins = *logins
	}
	n := plan.For(load)
	fmt.Printf("users with a session   %.0f\nrequests/s, logins/s   %.0f, %.1f\n", load.Users, load.Requests, load.Logins)
	fmt.Printf("Redis memory           %s\nRedis commands/s       %.0f\nRedis network          %s/s\nRedis masters          %d\n",
		size(n.RedisMemory), n.RedisCommands, size(n.RedisNetwork), n.RedisProcesses)
	fmt.Printf("WeChat's code limit    %.1f %% used\nnodes of %.0f CPUs        %d\nwhat stops it first    %s\n", 100*n.WeChatQuota, load.Cores, n.Nodes, n.First())
}

// table is for sites of 10,000 to 100 million users.
func table(w io.Writer) {
	fmt.Fprintln(w, "| users | requests/s | logins/s | Redis memory | commands/s | Redis network | Redis masters | WeChat's limit | nodes (4 CPUs) | what stops it first |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|")
	for _, users := range []float64{1e4, 1e5, 1e6, 1e7, 5e7, 1e8} {
		l := plan.Typical(users)
		n := plan.For(l)
		fmt.Fprintf(w, "| %s | %.0f | %.2f | %s | %.0f | %s/s | %d | %.2f %% | %d | %s |\n", grouped(users), l.Requests, l.Logins,
			size(n.RedisMemory), n.RedisCommands, size(n.RedisNetwork), n.RedisProcesses, 100*n.WeChatQuota, n.Nodes, n.First())
	}
}

func size(bytes float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if bytes < 1000 {
			return fmt.Sprintf("%.3g %s", bytes, unit)
		}
		bytes /= 1000
	}
	return fmt.Sprintf("%.3g TB", bytes)
}

// grouped writes 1000000 as 1,000,000.
func grouped(n float64) string {
	digits := fmt.Sprintf("%.0f", n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
