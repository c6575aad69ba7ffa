// Package proof decides whether an answer belongs to this browser: it makes and verifies
// states and binding cookies. It never exchanges a code and keeps nothing between two
// requests; only this package sees the signing keys. Of this library it may import web
// and vault.
package proof
