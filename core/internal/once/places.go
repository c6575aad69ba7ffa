package once

import "sync"

// maxPlacesEach is how many exchanges of one browser may be under way at once.
const maxPlacesEach = 16

// Places bounds how many exchanges one process makes at once. While WeChat is slow, a
// browser that sends many codes must not shut out the others: its second and further
// exchanges take only the first half of the places, and 16 at most. Browsers are told
// apart by their binding cookie, which anybody can have many of: a flood from many
// browsers is for the app's rate limiter. It is safe for concurrent use.
type Places struct {
	max   int
	mu    sync.Mutex
	taken int
	each  map[string]int
}

// NewPlaces are max places.
func NewPlaces(max int) *Places { return &Places{max: max, each: map[string]int{}} }

// Take takes a place for a browser's exchange, which is to be given back. ok is false
// where there is none for it.
func (p *Places) Take(browser string) (giveBack func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	own := p.each[browser]
	if p.taken >= p.max || own > 0 && (own >= maxPlacesEach || p.taken >= p.max/2) {
		return nil, false
	}
	p.taken++
	p.each[browser]++
	return sync.OnceFunc(func() { p.giveBack(browser) }), true
}

func (p *Places) giveBack(browser string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	if p.each[browser]--; p.each[browser] == 0 {
		delete(p.each, browser)
	}
}
