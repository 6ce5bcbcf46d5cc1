package explain

import (
	"unicode/utf8"
)

// MaxPaste is how many bytes of a paste are read.
const MaxPaste = 1 << 20

// Unknown is the cause that stands for "nothing in the paste decides".
const Unknown = "unknown_needs_more_data"

// A Result is everything a paste tells.
type Result struct {
	Causes   []Cause  `json:"causes"` // best first; never empty
	Codes    []string `json:"codes"`  // "AADSTS50011", "TF400813", "InvalidScope"; each once, most telling first
	Entities Entities `json:"entities"`
	// Warnings name live secrets and tokens in the paste.
	Warnings []Warning `json:"warnings,omitempty"`
	// Masked is what was read of the paste without secrets and personal data,
	// for storing and showing.
	Masked string `json:"masked"`
	// Truncated: the paste was longer than MaxPaste; the rest was not read.
	Truncated bool `json:"truncated,omitempty"`

	rounds [][]secret // what Masked no longer shows
}

// A Cause is one possible reason, with what says so and what mends it.
type Cause struct {
	ID         string     `json:"id"`         // "redirect_uri_mismatch"
	Confidence float64    `json:"confidence"` // above 0, at most 1
	Evidence   []Evidence `json:"evidence"`   // the telling places, most telling first
	WhoFixes   string     `json:"who_fixes"`  // "app_owner", "tenant_admin", "org_admin", "user", "service"
	// Decides is the id of the check that would settle it, or nil.
	Decides *string  `json:"decides"`
	Summary string   `json:"summary"` // what it means, in plain words
	Steps   []string `json:"steps"`   // what to do, in order
	Title   string   `json:"title"`
	Links   []Link   `json:"links,omitempty"` // where to do it
	Message string   `json:"message"`         // ready to send to the customer
}

// Evidence is a place in the paste: Text is paste[Start:End], in bytes.
type Evidence struct {
	Text  string `json:"text"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// A Link leads to the page of a portal where a step is carried out.
type Link struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

// Undecided reports whether the paste alone names no cause.
func (r Result) Undecided() bool { return len(r.Causes) == 0 || r.Causes[0].ID == Unknown }

// Explain reads what a customer sent. It takes time linear in the length of
// the paste, never panics and reads at most MaxPaste bytes.
func Explain(paste string) Result {
	paste, truncated := cut(paste)
	k := known()
	s := k.read(paste)
	hidden := secretsIn(paste)
	masked, rounds := mask(paste, hidden)
	return Result{
		Causes:    k.rank(s, hidden),
		Codes:     s.codeNames(),
		Entities:  s.entities,
		Warnings:  warnings(hidden),
		Masked:    masked,
		Truncated: truncated,
		rounds:    rounds,
	}
}

// cut shortens a paste to MaxPaste bytes, between two characters.
func cut(paste string) (string, bool) {
	if len(paste) <= MaxPaste {
		return paste, false
	}
	n := MaxPaste
	for n > MaxPaste-utf8.UTFMax && !utf8.RuneStart(paste[n]) {
		n--
	}
	return paste[:n], true
}
