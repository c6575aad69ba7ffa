package wxapi

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

const (
	// A visitor reads the consent page for some seconds, seldom longer. Servers
	// close idle connections after about a minute.
	aheadLife = 60 * time.Second

	// Ready and opening connections of one account at most. Beyond it a call opens
	// its own, as if there were no connections ahead.
	aheadMax = 8

	// Connections that starts of logins may open, in a row and per second. Anybody
	// can start logins, so a flood of starts must not become a flood of dials at
	// WeChat. Every login that succeeds adds to it, so that a busy site keeps up.
	aheadBurst = 4
	aheadRate  = 4
)

// ahead holds connections that were opened before they are needed. The handshakes
// then take place while the visitor is at WeChat, and a call waits for one round
// trip instead of three. Each connection serves one call.
//
// All its goroutines end with close.
type ahead struct {
	open func(ctx context.Context) (net.Conn, error)

	lifetime context.Context
	end      context.CancelFunc
	running  sync.WaitGroup

	mu      sync.Mutex
	ready   []*readyConn // the newest last
	opening []*opening   // without those that a call waits for
	allowed float64      // dials that are left, refilled over time
	counted time.Time    // when allowed was last refilled
}

// opening is a dial under way.
type opening struct {
	done     chan struct{} // closed when conn or err is set
	conn     net.Conn
	err      error
	claimed  bool // a call waits for it
	doubtful bool // began before a call failed
}

func newAhead(open func(context.Context) (net.Conn, error)) *ahead {
	lifetime, end := context.WithCancel(context.Background())
	return &ahead{open: open, lifetime: lifetime, end: end, allowed: aheadBurst}
}

// more opens n connections in the background, as far as the limits allow. It never
// waits.
func (a *ahead) more(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for range min(n, aheadMax-len(a.ready)-len(a.opening)) {
		if !a.allow() {
			return
		}
		a.begin()
	}
}

// keep opens connections until n are ready or opening, as far as the limits allow.
func (a *ahead) keep(n int) {
	a.mu.Lock()
	missing := n - len(a.ready) - len(a.opening)
	a.mu.Unlock()
	if missing > 0 {
		a.more(missing)
	}
}

// earn allows as many dials again as a login has used.
func (a *ahead) earn() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.allowed = min(a.allowed+2, aheadMax)
}

// allow takes one dial from the allowance.
func (a *ahead) allow() bool {
	now := time.Now()
	if !a.counted.IsZero() && a.allowed < aheadBurst {
		a.allowed = min(a.allowed+now.Sub(a.counted).Seconds()*aheadRate, aheadBurst)
	}
	a.counted = now
	if a.allowed < 1 || a.lifetime.Err() != nil {
		return false
	}
	a.allowed--
	return true
}

// begin dials in a goroutine.
func (a *ahead) begin() {
	o := &opening{done: make(chan struct{})}
	a.opening = append(a.opening, o)
	a.running.Go(func() {
		conn, err := a.open(a.lifetime)
		a.mu.Lock()
		defer a.mu.Unlock()
		defer close(o.done)
		if o.claimed {
			o.conn, o.err = conn, err
			return
		}
		a.opening = without(a.opening, o)
		if err == nil {
			a.hold(conn)
		}
	})
}

// hold makes conn ready, or closes it after close.
func (a *ahead) hold(conn net.Conn) {
	if a.lifetime.Err() != nil {
		conn.Close()
		return
	}
	r := newReadyConn(conn)
	a.ready = append(a.ready, r)
	a.running.Go(func() {
		r.watch()
		a.mu.Lock()
		defer a.mu.Unlock()
		if !r.taken {
			a.ready = without(a.ready, r)
			r.conn.Close()
		}
	})
}

// take returns a connection that is ready. If there is none, but one is opening, it
// waits for that one and returns its error if it fails: a dial that failed is this
// call's failure, as if the call had dialled. It returns nil and nil if the call
// has to dial.
func (a *ahead) take() (net.Conn, error) {
	for {
		a.mu.Lock()
		if n := len(a.ready); n > 0 {
			// The newest is the least likely to be closed by the server.
			r := a.ready[n-1]
			r.taken = true
			a.ready = a.ready[:n-1]
			a.mu.Unlock()
			if conn := r.stop(); conn != nil {
				return conn, nil
			}
			continue
		}
		o := a.claimable()
		if o == nil {
			a.mu.Unlock()
			return nil, nil
		}
		o.claimed = true
		a.opening = without(a.opening, o)
		a.mu.Unlock()
		<-o.done // the dial has a time limit, and net/http waits no longer than its caller
		if o.err == nil && hasInput(o.conn) {
			o.conn.Close()
			continue
		}
		return o.conn, o.err
	}
}

// claimable returns the oldest dial under way that a call may wait for.
func (a *ahead) claimable() *opening {
	for _, o := range a.opening {
		if !o.doubtful {
			return o
		}
	}
	return nil
}

// flush closes what is ready. After a call without a reply the connections and the
// dials of that time may be dead too, and a second try must not meet another of
// them: it opens its own.
func (a *ahead) flush() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range a.opening {
		o.doubtful = true
	}
	for _, r := range a.ready {
		r.taken = true
		r.conn.Close()
	}
	a.ready = nil
}

// close closes the connections, ends the dials and waits for them. Nothing is
// opened ahead afterwards.
func (a *ahead) close() {
	a.end()
	a.flush()
	a.running.Wait()
}

func without[T comparable](list []T, one T) []T {
	for i, other := range list {
		if other == one {
			return append(list[:i:i], list[i+1:]...)
		}
	}
	return list
}

// readyConn is an open connection without a call.
type readyConn struct {
	conn    net.Conn
	stopped chan struct{} // closed when watch has returned
	fit     bool          // set before stopped is closed
	taken   bool          // under ahead.mu
}

func newReadyConn(conn net.Conn) *readyConn {
	_ = conn.SetReadDeadline(time.Now().Add(aheadLife))
	return &readyConn{conn: conn, stopped: make(chan struct{})}
}

// watch reads until something ends the wait: the server closes, bytes arrive that
// nobody asked for, the life is over, or stop is called. Reading also takes in the
// tickets with which TLS resumes a session.
func (r *readyConn) watch() {
	defer close(r.stopped)
	var b [1]byte
	n, err := r.conn.Read(b[:])
	r.fit = n == 0 && errors.Is(err, os.ErrDeadlineExceeded)
}

// stop ends watch and returns the connection if a request may be sent on it.
func (r *readyConn) stop() net.Conn {
	_ = r.conn.SetReadDeadline(time.Unix(1, 0))
	<-r.stopped
	if !r.fit || r.conn.SetReadDeadline(time.Time{}) != nil || hasInput(r.conn) {
		r.conn.Close()
		return nil
	}
	return r.conn
}
