package core

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestASweeperThatHasEndedSweepsNoMore(t *testing.T) {
	for name, do := range map[string]func(s *sweeper){
		"whose timer ran":                 func(s *sweeper) { s.wake(); s.end() },
		"that is woken by a late request": func(s *sweeper) { s.end(); s.wake() },
		"that has ended twice":            func(s *sweeper) { s.wake(); s.end(); s.end() },
	} {
		synctest.Test(t, func(t *testing.T) {
			sweeps := 0
			s := &sweeper{sweep: func(time.Time) { sweeps++ }, held: func() bool { return true }}
			do(s)
			time.Sleep(10 * sweepEvery) // the clock of synctest: nobody waits
			synctest.Wait()
			if sweeps != 0 {
				t.Errorf("rule: a sweeper %s sweeps no more after its end: %d sweeps", name, sweeps)
			}
		})
	}
}

func TestTheEndWaitsForASweepThatRuns(t *testing.T) {
	began, goOn, swept := make(chan bool), make(chan bool), false
	s := &sweeper{held: func() bool { return false }, sweep: func(time.Time) {
		began <- true
		<-goOn
		swept = true
	}}
	go s.run()
	<-began
	ended := make(chan bool)
	go func() {
		s.end()
		ended <- swept
	}()
	for range 1000 { // an end that does not wait is over by now
		runtime.Gosched()
	}
	close(goOn)
	if !<-ended {
		t.Error("rule: Close waits for a sweep that runs")
	}
}

func TestWhateverMayKeepSomethingWakesTheSweeper(t *testing.T) {
	for door, open := range map[string]func(a *Auth){
		"Follows":               func(a *Auth) { a.Follows(t.Context(), "oAlice_1") },
		"RefreshProfile":        func(a *Auth) { a.RefreshProfile(t.Context(), &User{AppID: testAppID, OpenID: "oAlice_1"}) },
		"a message of WeChat's": message,
	} {
		a := newRig(t, keepTokens).auth
		if a.sweeper.awake.Load() {
			t.Error("rule: a new instance has no timer")
		}
		if open(a); !a.sweeper.awake.Load() {
			t.Errorf("rule: %s wakes the sweeper", door)
		}
	}
}
