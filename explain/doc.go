// Package explain finds out from what a customer pasted why an integration
// does not work: text in, ranked causes out. Values and pure rules; no I/O, no
// clock.
//
// The knowledge is data: data/causes.json says what each cause means and who
// mends it how, data/codes.json what each error code stands for, and
// data/rules.json which codes, fragments of text and relations between the
// recognised values speak for which cause. The code only reads the paste
// (view.go), looks for the signs (match.go, codes.go, entities.go, facts.go)
// and weighs them (rules.go, rank.go).
package explain
