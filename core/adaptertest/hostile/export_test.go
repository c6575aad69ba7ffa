package hostile

import (
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest"
)

// Transcript is all answers of an app to the table.
type Transcript = transcript

// Record runs the table without the slow rows and writes down the answers.
func Record(t *testing.T, app adaptertest.App, two TwoAccounts, own bool) *Transcript {
	kind := privateStore
	if own {
		kind = ownStore
	}
	record := newTranscript()
	newSite(t, ownAccount, app, two, kind, &logBuffer{}).table(t, record)
	return record
}

// Compare names the cases that two apps answered differently.
func Compare(one, other *Transcript) (same, excepted int, differences []string) {
	return compare(one, other)
}
