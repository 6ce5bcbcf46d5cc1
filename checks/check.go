package checks

import (
	"time"

	"github.com/consentry/consentry/entra"
)

// Severity says what it means when a check fails. It belongs to the check,
// not to a run.
type Severity string

// Blocks: nobody can connect. Risks: some people cannot, or all of them at a
// known time. Advises: it works, and could be kept better.
const (
	Blocks  Severity = "blocks"
	Risks   Severity = "risks"
	Advises Severity = "advises"
)

// Group says what must be given before a check can be decided.
type Group string

// The groups, in the order they are shown.
const (
	Anonymous  Group = "anonymous"   // what anybody may learn
	WithSecret Group = "with-secret" // needs the client secret
	WithGraph  Group = "with-graph"  // needs a sign-in that may read the directory
	WithToken  Group = "with-token"  // needs the token of a test consent
)

// Groups are all of them, in the order they are shown.
var Groups = []Group{Anonymous, WithSecret, WithGraph, WithToken}

// A Check is one question with a right answer.
type Check struct {
	ID       string // "redirect-uri-registered": kebab-case; never reused, never renamed
	Title    string // the good state, as a sentence without a full stop
	Why      string // what breaks otherwise, in the words of whom it breaks for
	Group    Group
	Severity Severity
	AADSTS   []int   // sign-in errors that a failure explains
	Cites    string  // address of the page of the vendor that says so
	Asks     []Input // what must have been given before it can be asked
	Needs    []Need  // the facts it reads
	// Wants are facts it waits for and reads where they are known, with
	// [Fact.Or], but can do without.
	Wants []Need
	// After are checks that must have passed for this one to add anything:
	// if one of them did not, this one is skipped.
	After []string
	// Behind are checks that may say the same with more detail: if one of
	// them failed and explains the code that this one found, this one is
	// skipped. They may stand after it.
	Behind []string
	// Applies reports whether the question makes sense for what is given; it
	// reads no fact. Nil means always.
	Applies func(*Facts) bool
	// Concerns reports the same from the facts, once they are known. Nil
	// means always.
	Concerns func(*Facts) bool
	// Open returns why the facts, though known, decide nothing, as where a
	// service told a part only; nil when they do. Nil means they always do.
	Open func(*Facts) *Gap
	// Evaluate returns what is wrong; nothing means the check passes. It must
	// read no fact that Needs does not name.
	Evaluate func(*Facts) []Finding
	// Shows is what a person can verify where the check passes; nil for
	// nothing. It reads what Evaluate may read.
	Shows func(*Facts) []Evidence
}

// A Finding is one thing wrong, with what shows it and what mends it.
type Finding struct {
	Summary string     `json:"summary"` // one sentence: what is wrong, with names
	Shown   []Evidence `json:"shown,omitempty"`
	Mend    Remedy     `json:"mend"`
	// AADSTS is the sign-in error that showed it; 0 when none did.
	AADSTS int `json:"aadsts,omitempty"`
	// Due is when it begins to matter, where that is a known moment to come.
	Due time.Time `json:"due,omitzero"`
}

// Evidence is what a person can verify by hand.
type Evidence struct {
	What string `json:"what"` // "redirect URIs of the app, platform Web"
	Got  string `json:"got"`
	Want string `json:"want,omitempty"`
	// Portal is an address of the portal where it can be seen, Command what
	// shows it on a command line.
	Portal  string `json:"portal,omitempty"`
	Command string `json:"command,omitempty"`
}

// A Remedy says what mends a finding. Change is what this program can do about
// it; nil where a person has to.
type Remedy struct {
	Say    string       `json:"say"` // one sentence in the imperative
	Who    entra.Fixer  `json:"who"`
	Steps  []string     `json:"steps,omitempty"`
	Portal string       `json:"portal,omitempty"`
	Change entra.Change `json:"-"`
	// Offer is Change in words, written when the check is decided.
	Offer string `json:"offer,omitempty"`
}

// Outcome is what a check came to.
type Outcome string

// The five outcomes.
const (
	Passed        Outcome = "passed"
	Failed        Outcome = "failed"
	Unknown       Outcome = "unknown"
	Skipped       Outcome = "skipped"
	NotApplicable Outcome = "not-applicable"
)

// A Result is a check with its outcome.
type Result struct {
	ID      string  `json:"id"`
	Outcome Outcome `json:"outcome"`
	// Because says, for Unknown, which fact is missing and why; for Skipped,
	// after which check it comes; for NotApplicable nothing.
	Because string `json:"because,omitempty"`
	// Would says, for Unknown, what would make it known.
	Would string `json:"would,omitempty"`
	// NotGiven: it is Unknown only because nothing was given to find it out
	// with, such as a sign-in, or because no service tells it to anybody.
	NotGiven bool `json:"notGiven,omitempty"`
	// Cause is the id of the check behind a Skipped one.
	Cause    string    `json:"cause,omitempty"`
	Findings []Finding `json:"findings,omitempty"`
	// Shown is, for Passed, what can be verified by hand.
	Shown []Evidence `json:"shown,omitempty"`
}

// Check is the check that came to this result; nil for an id that is not in
// [All], as in a run kept by another version.
func (r Result) Check() *Check { return byID[r.ID] }
