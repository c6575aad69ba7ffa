// Package web reads what a request says before anybody trusts it: target, origin,
// cookies, kind of request, kind of client, local targets and language. It never trusts
// what it reads: it checks no signature, opens no store and writes no answer. It imports
// nothing of this library.
package web
