// Package session decides which record a browser's session holds: it reads scs sessions in
// place, writes, renews and revokes them. It never looks inside a record, never logs
// anybody in by itself and never panics: a store or a codec of the app's that panics is one
// that fails. Only this package touches the session store. Of this library it may import
// web and vault.
package session
