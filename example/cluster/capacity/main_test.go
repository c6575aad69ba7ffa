package main

import (
	"os"
	"strings"
	"testing"
)

// People plan with the table in the README, so it must be what the program prints today.
func TestTheTableInTheReadmeIsWhatTheProgramPrints(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	table(&printed)
	first, _, _ := strings.Cut(printed.String(), "\n")
	_, rest, found := strings.Cut("\n"+string(readme), "\n"+first+"\n")
	written, _, ended := strings.Cut(rest, "\n\n")
	if !found || !ended {
		t.Fatalf("rule: the README has the table of -table, with the same columns; want\n%s", &printed)
	}
	if written = first + "\n" + written + "\n"; written != printed.String() {
		t.Errorf("rule: the README's table is what go run ./capacity -table prints; it has\n%s\nand the program prints\n%s", written, &printed)
	}
}
