package main

import "slices"

// target is a promise: a value, made of measures of one run, and its limit.
type target struct {
	name       string
	limit      float64
	stretch    float64
	hasStretch bool
	least      bool // the limit is the least, not the most
	best       bool // of all rounds' best values, not round by round: a whole server on a shared machine
	form       form
	needs      []string // benchmarks
	value      func(s []sample) float64
}

// form is how a value reads.
type form uint8

const (
	number form = iota
	share       // 1/40
	times       // 2.20 ×
)

// met says whether a value keeps the promise. A hair's breadth is forgiven, as
// counts are made by division.
func (t target) met(v, limit float64) bool {
	const hair = 1e-9
	if t.least {
		return v >= limit-hair
	}
	return v <= limit+hair
}

func request(name string) string { return "BenchmarkRequest/" + name }

// stretching adds what would be better still.
func (t target) stretching(to float64) target {
	t.stretch, t.hasStretch = to, true
	return t
}

// overhead is what a contestant adds to the bare framework, as a share of what a
// peer adds to its own.
func overhead(name string, limit float64, ours, oursBare, peer, peerBare string) target {
	return target{
		name: name, limit: limit, form: share,
		needs: []string{request(ours), request(oursBare), request(peer), request(peerBare)},
		value: func(s []sample) float64 {
			return (s[0][nsPerOp] - s[1][nsPerOp]) / (s[2][nsPerOp] - s[3][nsPerOp])
		},
	}
}

// ratio is one unit of a measure divided by that of another.
func ratio(name, unit string, limit float64, form form, ours, peer string) target {
	return target{
		name: name, limit: limit, form: form, needs: []string{ours, peer},
		value: func(s []sample) float64 { return s[0][unit] / s[1][unit] },
	}
}

// count is one unit of one measure.
func count(name, unit string, limit float64, ours string) target {
	return target{
		name: name, limit: limit, needs: []string{ours},
		value: func(s []sample) float64 { return s[0][unit] },
	}
}

// more is what a measure has more of a unit than another.
func more(name, unit string, limit float64, ours, other string) target {
	return target{
		name: name, limit: limit, needs: []string{ours, other},
		value: func(s []sample) float64 { return s[0][unit] - s[1][unit] },
	}
}

// targets are all the promises.
func targets() []target {
	return slices.Concat(timeTargets(), allocTargets(), redisTargets(), nobodyTargets(), serverTargets(), memoryTargets(), soakTargets())
}

func timeTargets() []target {
	const bare, jwt = "seq/nethttp/bare", "seq/nethttp/golang-jwt"
	all := []target{
		overhead("net/http, over bare, of scs + gob", 1./40, "seq/nethttp/wechat", bare, "seq/nethttp/scs", bare).stretching(1. / 50),
		overhead("gin (own store and context set), over bare, of scs + gob", 1./35, "seq/gin/wechat", "seq/gin/bare", "seq/gin/scs", "seq/gin/bare").stretching(1. / 45),
		overhead("fiber, over bare, of scs + gob by hand", 1./40, "seq/fiber/wechat", "seq/fiber/bare", "seq/fiber/scs", "seq/fiber/bare").stretching(1. / 55),
		overhead("HashTokenInStore, of scs with it", 1./30, "seq/nethttp/wechat-codec-hash", bare, "seq/nethttp/scs-hash", bare),
		overhead("idle time, of scs with it", 1./50, "seq/nethttp/wechat-codec-idle", bare, "seq/nethttp/scs-idle", bare),
		overhead("of golang-jwt with the whole user", 1./20, "seq/nethttp/wechat", bare, jwt, bare),
	}
	for _, f := range frameworks() {
		for _, m := range []struct {
			mode, text string
			limit      float64
		}{{"cold", "64k cold sessions", 1. / 15}, {"par", "parallel", 1. / 25}} {
			at := m.mode + "/" + f + "/"
			all = append(all, overhead(m.text+", "+f+", of scs + gob", m.limit, at+"wechat", at+"bare", at+"scs", at+"bare"))
		}
	}
	return append(all,
		target{
			name: "against the floor (cookie scan, Find, WithValue, WithContext)", limit: 2.2, form: times,
			needs: []string{request("seq/nethttp/wechat"), request(bare), request("seq/floor")},
			value: func(s []sample) float64 { return (s[0][nsPerOp] - s[1][nsPerOp]) / s[2][nsPerOp] },
		}.stretching(1.6),
		ratio("own manager with gob, of scs + gob itself", nsPerOp, 1.05, times, request("seq/nethttp/wechat-gob"), request("seq/nethttp/scs")),
	)
}

func allocTargets() []target {
	return []target{
		count("allocations, net/http", allocsPerOp, 2, request("seq/nethttp/wechat-unread")),
		count("allocations, gin (own store and context set)", allocsPerOp, 4, request("seq/gin/wechat-unread")).stretching(3),
		count("allocations, fiber", allocsPerOp, 1, request("seq/fiber/wechat-unread")).stretching(0),
		more("allocations more with a hashed token", allocsPerOp, 1, request("seq/nethttp/wechat-codec-hash"), request("seq/nethttp/wechat-codec")),
		more("allocations more when the handler reads the user, net/http", allocsPerOp, 1, request("seq/nethttp/wechat"), request("seq/nethttp/wechat-unread")),
		more("allocations more when the handler reads the user, gin", allocsPerOp, 1, request("seq/gin/wechat"), request("seq/gin/wechat-unread")),
		more("allocations more when the handler reads the user, fiber", allocsPerOp, 1, request("seq/fiber/wechat"), request("seq/fiber/wechat-unread")),
	}
}

func redisTargets() []target {
	var all []target
	for _, f := range frameworks() {
		all = append(all,
			count("Redis commands, "+f, commandsPerOp, 1, "BenchmarkCount/redis/"+f+"/wechat-redis"),
			count("Redis commands with an idle time, "+f, commandsPerOp, 1, "BenchmarkCount/redis/"+f+"/wechat-redis-idle"),
			ratio("Redis, parallel, of a go-redis GET, "+f, nsPerOp, 1.15, times, request("par/"+f+"/wechat-redis"), request("par/redis-get")),
			ratio("Redis with an idle time, parallel, of a go-redis GET, "+f, nsPerOp, 1.15, times, request("par/"+f+"/wechat-redis-idle"), request("par/redis-get")),
		)
	}
	return all
}

func nobodyTargets() []target {
	all := []target{
		ratio("redirect to WeChat, of its unavoidable parts", nsPerOp, 4, times, request("seq/nobody/redirect"), request("seq/redirect-parts")),
		count("redirect to WeChat, allocations", allocsPerOp, 30, request("seq/nobody/redirect")),
		ratio("script's 401, of a bare handler that answers the same", nsPerOp, 2, times, request("seq/nobody/script"), request("seq/nobody/bare-script")),
		count("Optional without a cookie, allocations", allocsPerOp, 2, request("seq/nobody/optional")),
		count("Optional without a cookie, Set-Cookie", setCookies, 0, "BenchmarkCount/nobody/optional"),
		count("a cookie that cannot be a token, store calls", storeCalls, 0, "BenchmarkCount/garbage-cookie"),
	}
	for _, n := range []string{"redirect", "script", "optional"} {
		all = append(all,
			count("bytes kept, "+n, keptBytes, 0, "BenchmarkCount/nobody/"+n),
			count("store calls, "+n, storeCalls, 0, "BenchmarkCount/nobody/"+n),
		)
	}
	return all
}

func serverTargets() []target {
	var all []target
	for _, f := range frameworks() {
		at := "BenchmarkServer/" + f + "/"
		vary, scs, least := at+"bare-vary", at+"scs", 3.
		if f == "fiber" {
			scs, least = at+"scs-adaptor", 4.5
		}
		cpu := ratio("server, CPU per request, of bare + Vary, "+f, cpuPerRequest, 1.10, times, at+"wechat", vary).stretching(1.06)
		speed := ratio("server, requests/s, of bare + Vary, "+f, requestsPerS, 0.90, times, at+"wechat", vary)
		faster := ratio("server, requests/s, of scs, "+f, requestsPerS, least, times, at+"wechat", scs)
		speed.least, faster.least = true, true
		slowest := ratio("server, p99, of bare + Vary, "+f, p99, 1.3, times, at+"wechat", vary)
		for _, t := range []target{cpu, speed, slowest, faster} {
			t.best = true
			all = append(all, t)
		}
	}
	return all
}

func memoryTargets() []target {
	return []target{
		ratio("1,000,000 sessions, heap of each, of scs memstore + gob", heapPer, 0.58, times,
			"BenchmarkMemory/heap/wechat", "BenchmarkMemory/heap/scs").stretching(0.46),
		ratio("worst Find while 900,000 expired are swept, of memstore", worstFind, 1./20, share,
			"BenchmarkMemory/sweep/wechat", "BenchmarkMemory/sweep/memstore").stretching(1. / 50),
	}
}

func soakTargets() []target {
	var all []target
	for _, f := range frameworks() {
		h := count("soak, heap at the end of that at the beginning, "+f, heapGrowth, 1.05, "BenchmarkSoak/"+f)
		h.form = times
		all = append(all, h, count("soak, goroutines more at the end, "+f, moreRoutines, 0, "BenchmarkSoak/"+f))
	}
	return all
}
