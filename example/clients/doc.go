// Package clients runs WeChat clients that other people wrote against the
// simulator, as its users would: the program core/cmd/wxsim with -tls, its HTTPS
// proxy, and its control API. Only ours_test.go imports this project: its own website
// login goes through the same endings. README.md has the table of the results.
//
//	go test -C example/clients ./...
//
// It needs Chromium (CHROMIUM names another than the one in PATH), node and npm,
// and fails without them.
package clients
