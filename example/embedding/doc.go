// Package embedding tries the adapters together with middleware that apps use, each
// outside and inside the gate, over real sockets, behind nginx and in Chromium. It holds tests only.
// What they found stands in README.md, which they write:
//
//	go test -C example/embedding . -write
package embedding
