// Package readme holds the two guides, README.md and example/README.zh-CN.md, to
// what this repository is. Its tests compile every Go program in them and run those
// that are tests, check every command against the folders and flags it names and run
// what can run, and look up every name, environment variable and link. They need Go
// alone and no network.
package readme
