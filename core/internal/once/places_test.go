package once

import "testing"

// take takes as many places for a browser as it gets, up to n.
func take(p *Places, browser string, n int) (got int, giveBack []func()) {
	for range n {
		if back, ok := p.Take(browser); ok {
			got++
			giveBack = append(giveBack, back)
		}
	}
	return got, giveBack
}

func TestOneBrowserTakesOnlyItsShare(t *testing.T) {
	for rule, c := range map[string]struct {
		max, others, want int // places, browsers with one exchange each before, places of one more browser
	}{
		"16 at most":                                       {256, 0, maxPlacesEach},
		"further ones take only the first half":            {256, 120, 8},
		"the first of a browser takes any place":           {256, 200, 1},
		"and none where none is left":                      {256, 256, 0},
		"of a few places a browser gets half":              {8, 0, 4},
		"one place is one place":                           {1, 0, 1},
		"with three, the second is left for somebody else": {3, 0, 1},
	} {
		p := NewPlaces(c.max)
		for i := range c.others {
			if got, _ := take(p, string(rune(1000+i)), 1); got != 1 {
				t.Fatalf("%s: browser %d found no place", rule, i)
			}
		}
		if got, _ := take(p, "one", 300); got != c.want {
			t.Errorf("rule: %s: %d places, want %d", rule, got, c.want)
		}
	}
}

func TestAPlaceIsGivenBackOnce(t *testing.T) {
	p := NewPlaces(4)
	_, backs := take(p, "a", 4)
	for _, back := range backs {
		back()
		back()
	}
	if p.taken != 0 || len(p.each) != 0 {
		t.Errorf("rule: a place that is given back twice is one place, and nothing is kept of its browser: %d taken, %d browsers", p.taken, len(p.each))
	}
	if got, _ := take(p, "b", 4); got != 2 {
		t.Errorf("rule: places that were given back are there again: %d", got)
	}
}
