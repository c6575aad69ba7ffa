package core

import (
	"sync"
	"time"
)

// queue does work after the answer, one piece after the other for each person, so
// that who follows and leaves again has left. It has a goroutine per person with
// work, none without. Work must not panic.
type queue struct {
	mu      sync.Mutex
	waiting map[string][]func() // by person; there while somebody works for her
	size    int
	closed  bool
	working sync.WaitGroup
}

// add is false when there is too much to do already, for all or for this person, or
// the queue is closed.
func (q *queue) add(person string, work func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	jobs, busy := q.waiting[person]
	if q.closed || q.size >= maxPushWork || len(jobs) >= maxPushWorkEach {
		return false
	}
	if q.waiting == nil {
		q.waiting = map[string][]func(){}
	}
	q.size++
	q.waiting[person] = append(jobs, work)
	if !busy {
		q.working.Go(func() { q.run(person) })
	}
	return true
}

// run works until nothing is left for the person. Work that ends its goroutine, as a
// test's Fatal does, leaves the rest to another.
func (q *queue) run(person string) {
	finished := false
	defer func() {
		if !finished {
			q.working.Go(func() { q.run(person) })
		}
	}()
	for q.once(person) {
	}
	finished = true
}

func (q *queue) once(person string) bool {
	q.mu.Lock()
	jobs := q.waiting[person]
	if len(jobs) == 0 {
		delete(q.waiting, person)
		q.mu.Unlock()
		return false
	}
	q.waiting[person] = jobs[1:]
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		q.size--
		q.mu.Unlock()
	}()
	jobs[0]()
	return true
}

// close takes no more work and waits for what there is, for a while. It returns how
// many pieces will never be begun; what is being worked on then is left to itself.
func (q *queue) close(patience time.Duration) (dropped int) {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	idle := make(chan struct{})
	go func() {
		q.working.Wait()
		close(idle)
	}()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-idle:
		return 0
	case <-limit.C:
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for person, jobs := range q.waiting {
		dropped += len(jobs)
		q.waiting[person] = nil
	}
	q.size -= dropped
	return dropped
}
