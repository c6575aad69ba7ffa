package hostile

import (
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest"
)

// Transcript is what an app answers to the table, for comparisons.
type Transcript = transcript

// Record plays the table, but for what waits, and writes down the answers.
func Record(t *testing.T, app adaptertest.App, two TwoAccounts, own bool) *Transcript {
	kind := privateStore
	if own {
		kind = ownStore
	}
	record := newTranscript()
	newSite(t, app, two, kind, &logBuffer{}).table(t, record)
	return record
}

// Compare names the cases that two apps answered in different ways.
func Compare(one, other *Transcript) (same, excepted int, differences []string) {
	return compare(one, other)
}
