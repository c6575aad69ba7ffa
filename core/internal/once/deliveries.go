package once

import (
	"fmt"
	"time"
)

const (
	// MaxPerCode is how often one code may log in while its result is remembered, in one
	// process. WeChat delivers a callback twice, and people press Back and reload; each
	// time without a session cookie costs a session that lasts for weeks.
	MaxPerCode = 20
	// MaxRepeatsPerPerson is how often a minute one person may log in by codes that have
	// logged in before. New codes are not counted: WeChat makes them one visit at a time.
	MaxRepeatsPerPerson = 60
	// MaxPerBrowser is how often a minute one browser may log in, by whatever codes. It
	// is more than anybody has tabs that log in at once.
	MaxPerBrowser = 128
)

// Deliveries counts the logins by code, by person and by browser, so that one callback
// sent again and again cannot fill the session store. Only a code that WeChat accepted
// adds to it. It is safe for concurrent use.
type Deliveries struct{ codes, people, browsers *counter }

// NewDeliveries starts no goroutine: the owner calls Sweep.
func NewDeliveries() *Deliveries {
	return &Deliveries{codes: newCounter(Life), people: newCounter(time.Minute), browsers: newCounter(time.Minute)}
}

// Spent reports, before anything is done for it, that a code in its browser (see [Key])
// or a browser may log in no more.
func (d *Deliveries) Spent(key, browser string, now time.Time) error {
	if n := d.codes.get(key, now).n; n >= MaxPerCode {
		return tooMany(n, "one code")
	}
	if n := d.browsers.get(browser, now).n; n >= MaxPerBrowser {
		return tooMany(n, "one browser in a minute")
	}
	return nil
}

// Add counts a login. An error means that it is one too many.
func (d *Deliveries) Add(key, browser, person string, now time.Time) error {
	n := d.codes.add(key, now)
	if n > MaxPerCode {
		return tooMany(n-1, "one code")
	}
	if n > 1 {
		if n := d.people.add(person, now); n > MaxRepeatsPerPerson {
			return tooMany(n-1, "one person in a minute, by codes that were used before")
		}
	}
	if n := d.browsers.add(browser, now); n > MaxPerBrowser {
		return tooMany(n-1, "one browser in a minute")
	}
	return nil
}

// Forget drops what is counted about a person.
func (d *Deliveries) Forget(person string) { d.people.counts.Delete(person) }

func tooMany(n int, of string) error { return fmt.Errorf("%d logins by %s", n, of) }

// Sweep drops what is over.
func (d *Deliveries) Sweep() {
	for _, c := range [...]*counter{d.codes, d.people, d.browsers} {
		c.counts.DeleteExpired()
	}
}

// Len is how many counts are held.
func (d *Deliveries) Len() (n int) {
	for _, c := range [...]*counter{d.codes, d.people, d.browsers} {
		n += c.counts.ItemCount()
	}
	return n
}
