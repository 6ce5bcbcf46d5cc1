// Package diagnose gathers the facts that package checks decides from: what
// anybody may learn over the network, what a client secret, a sign-in to the
// directory and the token of a test consent show. The console and the command
// line use it alike.
//
// It reads only. Secrets and tokens are used for the requests they are for and
// never become facts.
package diagnose
