// Package once decides whether a code still has to be exchanged: it remembers what each
// code came to, for the browser that brought it, and counts logins that repeat. It never
// speaks to WeChat and never looks inside a record. Of this library it may import vault.
package once
