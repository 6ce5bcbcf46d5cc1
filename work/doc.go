// Package work carries out what goes on when nobody waits for an answer: the
// operations that were started, what comes round on a schedule, and the runs
// of the checks.
//
// River keeps the wake-ups, in the same database as everything else, so that
// one is written in the transaction that makes it necessary and is found by
// whichever replica is free. A wake-up carries no work: it only makes somebody
// look into the operations journal, which knows what is still to do. Waking
// too often therefore costs a look and nothing else, and no outside call is
// ever repeated because a job was. Nothing secret is in a job.
//
// Only this package imports River.
package work
