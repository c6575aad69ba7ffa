package main

import "testing"

// TestTablesAreThoseOfARun holds README.md and MIGRATION.md to a fresh run, but for times.
func TestTablesAreThoseOfARun(t *testing.T) {
	sections, err := steadySections(certificate)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sections {
		_, written, _, err := s.cut()
		if err != nil {
			t.Error(err)
		} else if written != s.text {
			t.Errorf("rule: a table is that of a run; %s, %s has\n%s\nand a run says\n%s\nwrite it anew: go run -C example/compare . -quick", s.file, s.name, written, s.text)
		}
	}
}
