package session

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// orders runs parties that use one store, each on a node of its own, in every order in
// which their commands can reach the store. The parties are the real code: each command
// waits until it is its turn.
//
// There are far too many orders to run each one. But two orders that lead to the same
// state (what is in the store, and what each party has read so far) go on in the same way,
// so what follows is run once for each state.
type orders struct {
	parties []*party
	reset   func(*Memory)              // makes what is there at first
	check   func(store *Memory) string // what is wrong at the end; "" for nothing
	same    func(b []byte) bool        // says that this value is the same, whoever writes it

	store   *Memory
	first   map[string]bool   // the keys that were there at first
	writers map[string]string // which command wrote the value of a key; none: it is as at first
	states  map[string]bool
	ends    int
}

// party is one request. Its store belongs to its Sessions.
type party struct {
	run   func()
	store turns
}

// turns is a store whose commands wait for their turn.
type turns struct {
	world   *orders
	name    string
	waiting chan bool // true: at a command; false: done
	turn    chan bool // false: the order was given up
	lost    bool
	log     []command
}

// command is one that was done. who wrote what it read, or what it overwrote?
type command struct{ kind, key, found string }

var errGivenUp = fmt.Errorf("this order was run before")

func (s *turns) do(kind, key string, write func() string, work func(*Memory) error) error {
	if s.lost {
		return errGivenUp
	}
	s.waiting <- true
	if !<-s.turn {
		s.lost = true
		return errGivenUp
	}
	found := ""
	if write == nil {
		found = s.world.writers[key]
	}
	s.log = append(s.log, command{kind, key, found})
	if write != nil {
		s.world.writers[key] = write()
	}
	return work(s.world.store)
}

func (s *turns) Find(key string) (b []byte, found bool, err error) {
	err = s.do("find", key, nil, func(m *Memory) (err error) { b, found, err = m.Find(key); return err })
	return b, found, err
}

func (s *turns) Commit(key string, b []byte, expires time.Time) error {
	writer := func() string {
		if s.world.same(b) {
			return "+"
		}
		return s.name + strconv.Itoa(len(s.log))
	}
	return s.do("commit", key, writer, func(m *Memory) error { return m.Commit(key, b, expires) })
}

func (s *turns) Delete(key string) error {
	return s.do("delete", key, func() string {
		if s.world.first[key] {
			return "-"
		}
		return ""
	}, func(m *Memory) error { return m.Delete(key) })
}

// all runs every order, and with -short a few. It returns the first that ends wrong.
func (o *orders) all() (wrong string) {
	most := maxStates
	if testing.Short() {
		most = 300
	}
	o.states = map[string]bool{}
	todo := [][]byte{nil} // orders: whose turn it is, again and again
	for len(todo) > 0 && len(o.states) < most {
		order := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		others, wrong := o.one(order)
		if wrong != "" {
			return wrong
		}
		todo = append(todo, others...)
	}
	return ""
}

// one runs an order to its end, from where it is given on with the first party that is not
// done. It returns the orders that branch off.
func (o *orders) one(order []byte) (others [][]byte, wrong string) {
	o.store, o.writers = NewMemory(), map[string]string{}
	o.reset(o.store)
	o.first = map[string]bool{}
	for key := range must(o.store.All()) {
		o.first[key] = true
	}
	alive := make([]bool, len(o.parties))
	for i, p := range o.parties {
		p.store.begin(o, string(rune('a'+i)))
		go func() {
			p.run()
			p.store.waiting <- false
		}()
		alive[i] = <-p.store.waiting
	}
	order = append([]byte(nil), order...)
	for done := 0; ; done++ {
		var ready []byte
		for i := range alive {
			if alive[i] {
				ready = append(ready, byte(i))
			}
		}
		if len(ready) == 0 {
			o.ends++
			if wrong := o.check(o.store); wrong != "" {
				return nil, wrong + o.told(order)
			}
			return others, ""
		}
		if done == len(order) {
			state := o.state(alive)
			if o.states[state] {
				o.giveUp(alive)
				return others, ""
			}
			o.states[state] = true
			for _, other := range ready[1:] {
				others = append(others, append(append([]byte(nil), order...), other))
			}
			order = append(order, ready[0])
		}
		p := o.parties[order[done]]
		p.store.turn <- true
		alive[order[done]] = <-p.store.waiting
	}
}

func (s *turns) begin(o *orders, name string) {
	*s = turns{world: o, name: name, waiting: make(chan bool), turn: make(chan bool)}
}

func (o *orders) giveUp(alive []bool) {
	for i, p := range o.parties {
		if alive[i] {
			p.store.turn <- false
			<-p.store.waiting
		}
	}
}

// state is what decides how it goes on. Tokens and names of notes are other ones in every
// run, so a key is called by the first command of the first party that used it.
func (o *orders) state(alive []bool) string {
	text := make([]byte, 0, 1024)
	keys := make(map[string]string, 16)
	for at, p := range o.parties {
		for i, c := range p.store.log {
			name := keys[c.key]
			if name == "" {
				name = p.store.name + strconv.Itoa(i)
				keys[c.key] = name
			}
			if alive[at] {
				text = append(append(append(append(text, c.kind[0]), name...), '='), c.found...)
			}
		}
		text = append(text, '|')
	}
	named := make([]string, 0, len(keys))
	for key, name := range keys { // also those of parties that are done
		named = append(named, name+"="+o.writers[key])
	}
	slices.Sort(named)
	return string(text) + strings.Join(named, " ")
}

func (o *orders) told(order []byte) string {
	var text strings.Builder
	at := make([]int, len(o.parties))
	keys := map[string]string{}
	for _, i := range order {
		c := o.parties[i].store.log[at[i]]
		at[i]++
		if keys[c.key] == "" {
			keys[c.key] = fmt.Sprint("key", len(keys))
		}
		fmt.Fprintf(&text, "\n  %c: %s %s", 'a'+i, c.kind, keys[c.key])
	}
	return text.String()
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
