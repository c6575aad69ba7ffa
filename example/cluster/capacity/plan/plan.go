// Package plan computes what a site of a given size needs: Redis memory, commands and
// network, calls to WeChat, and nodes. The constants are measured by
// TestWhatTheCapacityPlanCountsWith in example/cluster, which fails when one is far off.
package plan

import "math"

// What one session, request and login cost.
const (
	// SessionBytes is the memory in Redis of one session with nickname and avatar: 336
	// as measured, and a third more for what Redis's allocator wastes over time.
	SessionBytes = 450
	// ResultBytes is the memory of one remembered login result, which lives 5 minutes.
	ResultBytes = 400
	resultLife  = 300 // seconds

	// ReadCommands is how many commands a logged-in request needs. An anonymous one
	// needs none.
	ReadCommands = 1
	// LoginCommands is what a login needs: a look for the code's result, the session,
	// the result.
	LoginCommands = 3
	// ReadNetwork and LoginNetwork are bytes to and from Redis.
	ReadNetwork  = 300
	LoginNetwork = 1700

	// RequestCPU and LoginCPU are seconds of a node's CPU, pages and user table
	// included. A login counts from the first page to the second: two requests and an
	// exchange with WeChat.
	RequestCPU = 0.0006
	LoginCPU   = 0.0060
)

// What others allow.
const (
	// RedisCommandsPerCore is what one Redis process can do safely, half of what
	// redis-benchmark shows on common hardware (100,000 GET/s).
	RedisCommandsPerCore = 50_000
	// CodesPerMinute is WeChat's limit for exchanges of codes, and for profiles.
	CodesPerMinute = 50_000
	// busy is how much of a node's CPU is planned with: the rest is for a node that
	// is away and for peaks.
	busy = 0.5
)

// Load is the size of a site.
type Load struct {
	Users    float64 // people with a session
	Requests float64 // logged-in requests per second at the peak
	Logins   float64 // logins per second at the peak
	Prompted float64 // share of the logins that ask for nickname and avatar, 0 to 1
	Cores    float64 // of a node
}

// Typical is a site of so many users: a fifth of them come each day for 20 pages, each
// logs in once in 30 days, and the peak is five times the average.
func Typical(users float64) Load {
	const day, peak = 86_400, 5
	return Load{Users: users, Requests: users * 0.2 * 20 / day * peak, Logins: users / (30 * day) * peak, Prompted: 0.3, Cores: 4}
}

// Needs are what a site needs.
type Needs struct {
	RedisMemory    float64 // bytes
	RedisCommands  float64 // per second
	RedisNetwork   float64 // bytes per second
	RedisProcesses int     // masters, each on a core of its own and below 16 GB
	WeChatQuota    float64 // share of the limit per minute, 1 is all
	Nodes          int     // at least two
}

// redisProcessMemory is how much one Redis should hold: more makes restarts and copies
// to a replica slow.
const redisProcessMemory = 16e9

// For computes what a load needs.
func For(l Load) Needs {
	n := Needs{
		RedisMemory:   l.Users*SessionBytes + l.Logins*resultLife*ResultBytes,
		RedisCommands: l.Requests*ReadCommands + l.Logins*LoginCommands,
		RedisNetwork:  l.Requests*ReadNetwork + l.Logins*LoginNetwork,
		WeChatQuota:   l.Logins * 60 / CodesPerMinute, // exchanges; profiles are fewer and have a limit of their own
	}
	n.RedisProcesses = max(1, int(math.Ceil(max(n.RedisMemory/redisProcessMemory, n.RedisCommands/RedisCommandsPerCore))))
	// Redis and WeChat set the nodes' number only through the requests they bring.
	n.Nodes = max(2, int(math.Ceil((l.Requests*RequestCPU+l.Logins*LoginCPU)/(l.Cores*busy)))+1)
	return n
}

// First is what stops the site from growing first.
func (n Needs) First() string {
	switch {
	case n.WeChatQuota > 1:
		return "WeChat's limit of 50,000 codes a minute"
	case n.RedisProcesses > 1:
		return "one Redis: divide the sessions"
	case n.WeChatQuota > 0.5:
		return "soon WeChat's limit of codes a minute"
	case n.Nodes > 3:
		return "three nodes: add some"
	}
	return "nothing"
}
