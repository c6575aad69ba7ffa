// Command compare writes the tables of README.md and MIGRATION.md, from runs:
//
//	go run -C example/compare .          everything
//	go run -C example/compare . -quick   without the costs, which take half a minute
//
// What is not a time is the same in every run, and a test holds the files to it.
package main

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/seed467724c4/wechat/example/compare/internal/drive"
)

func main() {
	testing.Init() // for testing.Benchmark
	quick := flag.Bool("quick", false, "leave the costs as they stand")
	flag.Parse()
	if err := run(*quick); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(quick bool) error {
	folder, err := os.MkdirTemp("", "compare")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	certificate, err := drive.Trust(folder)
	if err != nil {
		return err
	}
	sections, err := steadySections(certificate)
	if err != nil {
		return err
	}
	if !quick {
		if err := flag.Set("test.benchtime", "20ms"); err != nil {
			return err
		}
		rows, err := costs(60)
		if err != nil {
			return err
		}
		sections = append(sections, section{readme, "cost", costTable(rows)})
	}
	for _, s := range sections {
		if err := s.write(); err != nil {
			return err
		}
	}
	return nil
}
