package main

import (
	"errors"
	"fmt"
	"time"
)

const (
	soakSessions    = 10000
	soakConnections = 8
	soakPause       = 4 * time.Millisecond // some 2,000 requests per second and server
	soakLooks       = 10
)

func soaks() []measure {
	var all []measure
	for _, framework := range frameworks() {
		all = append(all, measure{part: soakPart, name: framework,
			run: func(_ *world, o options) (sample, error) { return soak(framework+"/wechat", o.soak) }})
	}
	return all
}

// lateLooks is how much longer than the looks the load lasts: on a busy machine they are
// late.
const lateLooks = 5 * time.Second

// soak holds a logged-in load on a server and looks at its heap and goroutines all
// the while. The second half is compared with the first, after a look that only
// warms up: the largest heaps, and the fewest goroutines, because net/http has one
// more for as long as a handler runs.
func soak(name string, long time.Duration) (sample, error) {
	s, at, err := startServer(-1, name, soakSessions)
	if err != nil {
		return nil, err
	}
	l := load{Addr: at.Addr, Cookies: at.Cookies, Connections: soakConnections, Pause: soakPause, For: long + lateLooks}
	ended := make(chan error, 1)
	go func() {
		_, err := l.run()
		ended <- err
	}()
	var looks [soakLooks]usage
	for i := range looks {
		select {
		case err := <-ended:
			return nil, errors.Join(fmt.Errorf("the load ended early: %w", err), s.end())
		case <-time.After(long / soakLooks):
		}
		if looks[i], err = s.usage(true); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(<-ended, s.end()); err != nil {
		return nil, err
	}
	early, late := span(looks[1:soakLooks/2]), span(looks[soakLooks/2:])
	return sample{
		heapGrowth:   float64(late.Heap) / float64(early.Heap),
		moreRoutines: float64(late.Goroutines - early.Goroutines),
	}, nil
}

func span(looks []usage) usage {
	s := looks[0]
	for _, u := range looks {
		s.Heap, s.Goroutines = max(s.Heap, u.Heap), min(s.Goroutines, u.Goroutines)
	}
	return s
}
