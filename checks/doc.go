// Package checks asks whether an integration's app registration works, and
// why not. Facts are gathered, checks are decided, results are shown: only
// gathering ([Source]) does I/O, only gathering is parallel, and a check is a
// constant whose answer is a pure function of the facts.
//
// Five outcomes, none of which is ever hidden: passed, failed, unknown (a fact
// could not be had; the result says which and what would make it known),
// skipped (a check it comes after did not pass, or one with more detail says
// the same, so the cause is on the page already) and not applicable.
//
// [Run] yields each result as soon as it is true; [Evaluate] decides complete
// facts, such as those of a run that was kept; [Summarize] puts a run into a
// sentence. Because a check is pure, a change can be tried on a copy of the
// facts before anything is written ([Preview]), and afterwards only what the
// change touches is gathered again ([Rerun]).
//
// A check is one entry of its group's list. It has a situation in which it
// passes and one in which it fails among the fixtures of the tests, which also
// hold that it reads no fact it does not declare and that every change it
// offers cures its finding.
package checks
