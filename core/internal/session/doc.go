// Package session decides which record a browser's session holds: it reads scs sessions in
// place, renews, rewrites and revokes them. It never looks inside a record and never logs
// anybody in by itself; only this package touches the session store. Of this library it
// may import web and vault.
package session
