package push

import (
	"sync"
	"time"
)

// maxWaitingEach is how many messages of one person may wait: a slow hook for one
// person must not keep the others out.
const maxWaitingEach = 32

// queue runs jobs after the answer, one after the other for each person, so that an
// unfollow is handled after the follow before it. It has one goroutine per person
// with jobs, and none without. A job must not panic.
type queue struct {
	mu      sync.Mutex
	jobs    map[string][]func() // by person; an entry exists while a goroutine serves it
	size    int
	closed  bool
	running sync.WaitGroup
}

// add is false when too many jobs wait, of all people or of this one, or when the
// queue is closed.
func (q *queue) add(person string, limit int, job func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	jobs, busy := q.jobs[person]
	if q.closed || q.size >= limit || len(jobs) >= maxWaitingEach {
		return false
	}
	if q.jobs == nil {
		q.jobs = map[string][]func(){}
	}
	q.size++
	q.jobs[person] = append(jobs, job)
	if !busy {
		q.running.Go(func() { q.serve(person) })
	}
	return true
}

// serve runs the jobs of one person until none is left. A job may end its goroutine,
// as a test's Fatal does; another goroutine then goes on.
func (q *queue) serve(person string) {
	finished := false
	defer func() {
		if !finished {
			q.running.Go(func() { q.serve(person) })
		}
	}()
	for q.runNext(person) {
	}
	finished = true
}

// runNext is false when no job of the person is left.
func (q *queue) runNext(person string) bool {
	q.mu.Lock()
	jobs := q.jobs[person]
	if len(jobs) == 0 {
		delete(q.jobs, person)
		q.mu.Unlock()
		return false
	}
	q.jobs[person] = jobs[1:]
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		q.size--
		q.mu.Unlock()
	}()
	jobs[0]()
	return true
}

// close accepts no more jobs and waits for the accepted ones, up to patience. It
// returns how many will never start. A job that runs longer is not interrupted.
func (q *queue) close(patience time.Duration) (dropped int) {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	idle := make(chan struct{})
	go func() {
		q.running.Wait()
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
	for person, jobs := range q.jobs {
		dropped += len(jobs)
		q.jobs[person] = nil
	}
	q.size -= dropped
	return dropped
}
