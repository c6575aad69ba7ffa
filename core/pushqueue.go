package core

import "sync"

// queue does work after the answer, one piece after the other for each person, so
// that who follows and leaves again has left. It has a goroutine per person with
// work, none without.
type queue struct {
	mu      sync.Mutex
	waiting map[string][]func() // by person; there while somebody works for her
	size    int
	closed  bool
	working sync.WaitGroup
}

// add is false when there is too much to do already, or the queue is closed.
func (q *queue) add(person string, work func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.size >= maxPushWork {
		return false
	}
	if q.waiting == nil {
		q.waiting = map[string][]func(){}
	}
	q.size++
	jobs, busy := q.waiting[person]
	q.waiting[person] = append(jobs, work)
	if !busy {
		q.working.Go(func() { q.run(person) })
	}
	return true
}

func (q *queue) run(person string) {
	for {
		q.mu.Lock()
		jobs := q.waiting[person]
		if len(jobs) == 0 {
			delete(q.waiting, person)
			q.mu.Unlock()
			return
		}
		q.waiting[person] = jobs[1:]
		q.mu.Unlock()
		jobs[0]()
		q.mu.Lock()
		q.size--
		q.mu.Unlock()
	}
}

// close takes no more work and waits for what there is.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.working.Wait()
}
