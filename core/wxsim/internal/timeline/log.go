package timeline

import "sync"

// Log is a bounded list of entries: the oldest is forgotten first. It is safe for
// concurrent use. The zero Log keeps nothing; use [NewLog].
type Log struct {
	limit int

	mu      sync.Mutex
	rows    []Entry // oldest first
	last    int64
	waiting int           // readers in Wait
	news    chan struct{} // closed and replaced when something is added while somebody waits
}

// NewLog returns a log that keeps limit entries.
func NewLog(limit int) *Log { return &Log{limit: limit, news: make(chan struct{})} }

// Add numbers an entry and keeps it.
func (l *Log) Add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	e.ID = l.last
	l.rows = append(l.rows, e)
	if over := len(l.rows) - l.limit; over > 0 {
		clear(l.rows[:over]) // their texts can be freed before the slice grows anew
		l.rows = l.rows[over:]
	}
	l.wake()
}

// Clear forgets every entry. Numbers go on counting.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows = nil
	l.wake()
}

func (l *Log) wake() {
	if l.waiting == 0 {
		return
	}
	close(l.news)
	l.news, l.waiting = make(chan struct{}), 0
}

// Since returns the entries with a number above id, oldest first.
func (l *Log) Since(id int64) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := len(l.rows)
	for from > 0 && l.rows[from-1].ID > id {
		from--
	}
	return append([]Entry{}, l.rows[from:]...)
}

// News returns a channel that is closed at the next Add or Clear. Ask for it
// before Since, so that nothing is missed in between.
func (l *Log) News() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting++
	return l.news
}
