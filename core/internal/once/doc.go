// Package once decides whether a code is still to be exchanged, and how often it may log
// in: it remembers the result of each code for the browser that brought it, ends that
// memory at a logout, and counts logins that repeat. It never calls WeChat and never looks
// inside a record. Of this library it may import vault.
package once
