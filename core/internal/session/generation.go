package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// A person's sessions are ended everywhere by a new generation: a random value in the
// session store. Each session holds the generation that it was made in, and counts only
// while that is the person's. It is random and no time, because the clocks of nodes
// differ. As long as nobody has ended a person's sessions there is no generation, and
// nothing is written at a login.
//
// Its name is a hash of the person, and its value is not sealed: both must outlive an app
// secret that is replaced, or sessions that were ended would count again. The name cannot
// be asked for by a cookie, and who can write into the store can write sessions as well.

const (
	// GenerationLife is how long a node believes what it has read about a person.
	GenerationLife = 5 * time.Second
	// generationBytes are enough that no two generations of a person are equal.
	generationBytes = 8
	// generationSlack is how much longer than any session a generation is kept: clocks of
	// nodes differ.
	generationSlack = time.Hour
)

// errForeignValue is about a store that mixes up its answers.
var errForeignValue = errors.New("wechat: the session store answered with the value of another key")

// HasGenerations says whether sessions are compared with their person's generation.
func (s *Sessions) HasGenerations() bool { return s.generations != nil }

// EndEverywhere ends all sessions of a person, on this node at once and on others within
// [GenerationLife]. A login that is under way ends, too, if its Generation was read
// before.
func (s *Sessions) EndEverywhere(ctx context.Context, person string) (err error) {
	defer recovered(&err)
	name := s.generationName(person)
	generation := make([]byte, generationBytes)
	rand.Read(generation) // never fails: crypto/rand ends the process instead
	if err := s.PutValue(ctx, name, generation, s.manager.Lifetime+generationSlack); err != nil {
		return err
	}
	s.generations.put(person, string(generation), s.now().Add(GenerationLife))
	return nil
}

// Generation is the generation that a login of a person is to be made in, read from the
// store: "" if nobody has ended the person's sessions.
func (s *Sessions) Generation(ctx context.Context, person string) (string, error) {
	if s.generations == nil {
		return "", nil
	}
	v, err, _ := s.generations.flights.Do(person, func() (any, error) {
		// The visitor who began it may leave; the others wait for the answer.
		generation, err := s.findGeneration(context.WithoutCancel(ctx), person)
		if err == nil {
			s.generations.put(person, generation, s.now().Add(GenerationLife))
		}
		return generation, err
	})
	if err != nil {
		return "", err
	}
	return v.(string), nil
}

// IsCurrent says whether a session of a person, made in a generation, still counts. An
// error means that the store cannot tell. It reads the store at most once in
// [GenerationLife] for each person, and once more for a session that does not count.
func (s *Sessions) IsCurrent(ctx context.Context, person, generation string) (bool, error) {
	if s.generations == nil {
		return true, nil
	}
	if current, known := s.generations.get(person, s.now()); known && isOf(generation, current) {
		return true, nil
	}
	// Also where a generation is known: it may be older than the session.
	current, err := s.Generation(ctx, person)
	return err == nil && isOf(generation, current), err
}

// isOf says whether a session that was made in a generation counts in the current one.
// Where there is none any more, every session of an older one has expired as well.
func isOf(generation, current string) bool { return current == "" || generation == current }

func (s *Sessions) findGeneration(ctx context.Context, person string) (generation string, err error) {
	defer recovered(&err)
	name := s.generationName(person)
	b, found, err := vault.Find(ctx, s.manager.Store, name)
	if err != nil || !found {
		return "", err
	}
	values, err := s.decode(b)
	if err != nil {
		// The app changed its codec, or the value is damaged. No session counts that was
		// made before; new ones are made in a generation that stands for these bytes.
		sum := sha256.Sum256(b)
		return string(sum[:generationBytes]), nil
	}
	value, err := valueOf(values, name)
	if err == nil && len(value) == 0 {
		err = errForeignValue
	}
	return string(value), err
}

func (s *Sessions) generationName(person string) string {
	return vault.Key("generation", s.key, person)
}
