package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/valyala/fasthttp"
)

// contestant is one way to answer the fixture's request.
type contestant struct {
	name string
	open func(w *world, sessions int) (*entrant, error)
}

// entrant is a contestant that is ready. Exactly one of handler, fast and step
// is set.
type entrant struct {
	handler http.Handler
	fast    fasthttp.RequestHandler
	step    func() func() bool // what is no request; one call per goroutine

	cookies []string    // a Cookie header for each session
	target  string      // "" for the page
	headers [][2]string // nil for a browser's
	want    int         // 0 for 200
	yard    bool        // a yardstick, which answers anybody
	fresh   bool        // writes into the request it is given and needs another one each time
	openID  string
	closing []func()
}

func (e *entrant) onClose(f func()) { e.closing = append(e.closing, f) }

func (e *entrant) close() {
	for i := len(e.closing) - 1; i >= 0; i-- {
		e.closing[i]()
	}
}

// seat is one goroutine's place: a request and a recorder that are used again and
// again.
type seat interface {
	// again sends the request.
	again() (status, size int)
	// body is what was answered.
	body() string
	// swap changes the cookies for one of the same length.
	swap(cookies string)
}

func (e *entrant) newSeat(cookies string) seat {
	target, headers := e.target, e.headers
	if target == "" {
		target = page
	}
	if headers == nil {
		headers = browserHeaders()
	}
	if e.fast != nil {
		return newFastSeat(e.fast, raw(target, headers, cookies), e.fresh)
	}
	return newHTTPSeat(e.handler, httpRequest(target, headers, cookies), e.fresh)
}

// ask sends one request on a seat of its own.
func (e *entrant) ask(cookies string) (status int, body string) {
	s := e.newSeat(cookies)
	status, _ = s.again()
	return status, s.body()
}

// stride goes through all sessions in an order that no cache likes: it is odd, so
// a power of two of them comes round whole.
const stride = 40503

// sit returns what one goroutine does again and again; false is a wrong answer.
func (e *entrant) sit(number int) func() bool {
	if e.step != nil {
		return e.step()
	}
	s, want := e.newSeat(e.cookies[0]), e.want
	if want == 0 {
		want = http.StatusOK
	}
	right := func() bool {
		status, size := s.again()
		return status == want && (want != http.StatusOK || size == len(answer))
	}
	if len(e.cookies) == 1 {
		return right
	}
	i := number * stride * 7
	return func() bool {
		i = (i + stride) % len(e.cookies)
		s.swap(e.cookies[i])
		return right()
	}
}

// check makes sure that an entrant does what it is measured for: the right visitor
// gets the page, anybody else does not.
func (e *entrant) check() error {
	if e.step != nil {
		if !e.step()() {
			return errors.New("does not do what it is measured for")
		}
		return nil
	}
	if e.want != 0 {
		if !e.sit(0)() {
			status, _ := e.ask(e.cookies[0])
			return fmt.Errorf("answers %d, want %d", status, e.want)
		}
		return nil
	}
	for _, line := range []string{e.cookies[0], e.cookies[len(e.cookies)-1]} {
		if status, body := e.ask(line); status != http.StatusOK || body != answer {
			return fmt.Errorf("answers the visitor with %d %q", status, body)
		}
	}
	if e.yard {
		return nil
	}
	for name, line := range map[string]string{"without a session": cookieLine(""), "with a forged session": forged(e.cookies[0])} {
		if status, body := e.ask(line); !refused(status) || body == answer {
			return fmt.Errorf("answers a visitor %s with %d %q", name, status, body)
		}
	}
	if e.fast != nil {
		// The cookies of a seat must be what is read.
		s := e.newSeat(e.cookies[0])
		s.swap(forged(e.cookies[0]))
		if status, _ := s.again(); !refused(status) {
			return fmt.Errorf("does not see the cookies change (%d)", status)
		}
	}
	return nil
}

func refused(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusFound
}

// forged changes a character amid the session: the last one of a base64 text may
// stand for bits that are not there.
func forged(line string) string {
	at := strings.LastIndex(line, "=")
	for at+10 >= len(line) {
		at = strings.LastIndex(line[:at], "=")
	}
	at += 8
	other := byte('A')
	if line[at] == other {
		other = 'B'
	}
	return line[:at] + string(other) + line[at+1:]
}

const wrongAnswer = "a contestant gave a wrong answer"

// sequential and parallel are what is measured, alike in go test and in the program.
func (e *entrant) sequential(b *testing.B) {
	once := e.sit(0)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if !once() {
			b.Fatal(wrongAnswer)
		}
	}
}

func (e *entrant) parallel(b *testing.B) {
	var seats atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		once := e.sit(int(seats.Add(1)))
		for pb.Next() {
			if !once() {
				b.Error(wrongAnswer)
				return
			}
		}
	})
}
