// Package screen decides what has become of a code on a screen: which phone came first,
// what its person answered, whether the number that was typed is right, and which code a
// waiting page shows. It keeps one sealed note for each code that a logged-in phone has
// opened, spends an answer once, and never looks inside the record that an answer carries.
// Of this library it may import web, proof and vault.
package screen
