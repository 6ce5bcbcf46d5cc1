// Package canary uses everything of the console that touches a credential,
// breaks what can be broken meanwhile, and then looks for those credentials
// wherever they should not be. Tests only.
package canary
