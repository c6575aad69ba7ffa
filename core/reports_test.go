package core

import (
	"io"
	"log/slog"
	"testing"
	"time"
)

func TestAClockThatGoesBackSilencesNoLine(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	var r reports
	r.next("x", now)
	r.next("x", now)
	if log, silent, _ := r.next("x", now.Add(-time.Hour)); !log || silent != 1 {
		t.Errorf("rule: a line is logged although the clock is before the last one: %v, %d withheld", log, silent)
	}
	r.next("y", now)
	r.next("y", now)
	if withheld := r.overdue(now.Add(-time.Hour)); withheld["y"] != 1 {
		t.Errorf("rule: withheld lines are counted although the clock is before the last one: %v", withheld)
	}
}

func TestWithheldLinesAreCountedOnceInALogThatIsQuiet(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	var r reports
	for range 3 {
		r.next("x", now)
	}
	for minute, want := range []int{0, 2, 0, 0} {
		if got := r.overdue(now.Add(time.Duration(minute) * reportEvery))["x"]; got != want {
			t.Errorf("rule: withheld lines are counted once, a minute later: %d after %d minutes", got, minute)
		}
	}
	if len(r.kinds) != 0 {
		t.Errorf("rule: a kind that is over is forgotten: %d are kept", len(r.kinds))
	}
	r.next("y", now)
	r.next("y", now)
	r.overdue(now.Add(reportEvery))
	if log, _, _ := r.next("y", now.Add(reportEvery)); log {
		t.Error("rule: the line that counts withheld ones is the one line of its minute")
	}
}

// Not every line is of a request that wakes the sweeper by itself.
func TestAWithheldLineWakesTheSweeper(t *testing.T) {
	for who, write := range map[string]func(a *Auth){
		"this package": func(a *Auth) {
			a.watch.tell(t.Context(), Event{Name: LoginStart}, line{level: slog.LevelInfo, text: "x", kind: "x"})
		},
		"a room that logs by itself": func(a *Auth) { a.watch.limited().Info("x") },
	} {
		a, err := New(Config{AppID: testAppID, AppSecret: testSecret, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		write(a)
		if a.sweeper.awake.Load() {
			t.Errorf("rule: a line that is written leaves the sweeper asleep (%s)", who)
		}
		write(a)
		if !a.sweeper.awake.Load() {
			t.Errorf("rule: a line that is withheld wakes the sweeper, which counts it (%s)", who)
		}
		a.Close()
	}
}
