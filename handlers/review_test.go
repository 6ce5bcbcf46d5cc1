package handlers_test

import (
	"net/url"
	"testing"
)

// What is applied is what was read on the review, not what somebody made of it
// in another window since.
func TestAPlanThatNobodyHasSeenIsNotApplied(t *testing.T) {
	c := newConsole(t)
	one, two := c.browser(), c.browser()
	one.signIn("healthy", "admin")
	two.signIn("healthy", "admin")
	path := one.environment("frontegg", frontegg)
	seen := one.get(path + "/setup/review").want(200)
	two.submit(two.get(path+"/setup/permissions"), "Continue", url.Values{"way": {"choose"}, "scopes": {"vso.work_full", "vso.code_full"}}).want(200)

	mark := c.mark()
	one.submit(seen, "Apply", nil).want(409, "changed this environment since")
	if ops, err := c.store.Operations(t.Context(), envID(path)); err != nil || len(ops) != 0 {
		t.Errorf("operations %+v, %v", ops, err)
	}
	if n := c.asked(mark, "POST", "/v1.0/applications"); n != 0 {
		t.Errorf("%d applications were asked for", n)
	}
	one.done(one.submit(one.get(path+"/setup/review"), "Apply", nil).want(200).at.Path)
}

// A double click sends the same review twice.
func TestApplyingOneReviewTwiceShowsTheOneThatRuns(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	review := b.get(path + "/setup/review")
	c.faults(held("POST", "/v1.0/applications"))
	running := b.submit(review, "Apply", nil).want(200, "Working.").at.Path
	if p := b.submitOnce(review, "Apply", nil); p.location != c.base+running {
		t.Errorf("led to %s (%d), want %s", p.location, p.status, running)
	}
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	b.done(running)
}
