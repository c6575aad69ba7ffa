package session

import (
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	generationShards = 64
	// maxPeoplePerShard bounds what a node knows to 65,536 people. With more visitors in
	// 5 s than that, some are looked up more often.
	maxPeoplePerShard = 1024
)

// generations is what this node knows of the generations of people who visit. It is safe
// for concurrent use.
type generations struct {
	flights singleflight.Group
	seed    maphash.Seed
	shards  [generationShards]peopleShard
}

type peopleShard struct {
	mu     sync.RWMutex
	people map[string]knownGeneration
}

type knownGeneration struct {
	generation string
	until      time.Time
}

func newGenerations() *generations {
	g := &generations{seed: maphash.MakeSeed()}
	for i := range g.shards {
		g.shards[i].people = map[string]knownGeneration{}
	}
	return g
}

func (g *generations) shard(person string) *peopleShard {
	return &g.shards[maphash.String(g.seed, person)%generationShards]
}

func (g *generations) get(person string, now time.Time) (generation string, known bool) {
	s := g.shard(person)
	s.mu.RLock()
	k, found := s.people[person]
	s.mu.RUnlock()
	return k.generation, found && now.Before(k.until)
}

func (g *generations) put(person, generation string, until time.Time) {
	s := g.shard(person)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.people) >= maxPeoplePerShard {
		s.drop(until.Add(-GenerationLife))
		if len(s.people) > maxPeoplePerShard/2 { // or the next ones would each go through all
			clear(s.people)
		}
	}
	s.people[strings.Clone(person)] = knownGeneration{generation, until} // person may share a whole session's bytes
}

// sweep drops what is not believed any more.
func (g *generations) sweep(now time.Time) {
	for i := range g.shards {
		s := &g.shards[i]
		s.mu.Lock()
		s.drop(now)
		s.mu.Unlock()
	}
}

func (s *peopleShard) drop(now time.Time) {
	for person, k := range s.people {
		if !now.Before(k.until) {
			delete(s.people, person)
		}
	}
}

func (g *generations) len() (n int) {
	for i := range g.shards {
		g.shards[i].mu.RLock()
		n += len(g.shards[i].people)
		g.shards[i].mu.RUnlock()
	}
	return n
}
