package hostile

import (
	"bytes"
	"sync"
)

// logBuffer keeps everything that core and net/http log.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// size is the offset of the next line.
func (b *logBuffer) size() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Len()
}

func (b *logBuffer) since(start int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text.Bytes()[start:])
}
