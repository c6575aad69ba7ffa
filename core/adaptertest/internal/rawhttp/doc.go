// Package rawhttp sends HTTP requests byte by byte, and keeps a browser's cookies.
// It never corrects a request and never follows a redirect: an HTTP client of the
// standard library would do both, and hide the faults that the suites look for.
// It imports nothing of this module.
package rawhttp
