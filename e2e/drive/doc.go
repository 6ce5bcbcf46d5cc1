// Package drive runs built programs for tests and uses the console as a
// browser without scripts does: over HTTP, from outside, knowing nothing of the
// inside. What goes wrong ends the test with a sentence.
package drive
