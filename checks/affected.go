package checks

import (
	"context"
	"iter"
	"slices"

	"github.com/consentry/consentry/entra"
)

// Affected lists the facts that a change may alter, which have to be gathered
// again after it. A token that was issued before stays what it is.
func Affected(ch entra.Change) []Need {
	switch ch.(type) {
	case entra.UpdateApplication:
		return []Need{NeedApplication, NeedSignIn}
	case entra.AddSecret, entra.RemoveSecret:
		return []Need{NeedApplication, NeedSecretTrial}
	case entra.AddCertificate, entra.RemoveCertificate, entra.AddFederatedCredential, entra.RemoveFederatedCredential:
		return []Need{NeedApplication}
	case entra.AddOwner:
		return []Need{NeedOwners}
	case entra.UpdateServicePrincipal:
		return []Need{NeedPrincipal, NeedResources, NeedSignIn, NeedSecretTrial}
	case entra.CreateGrant, entra.SetGrantScopes, entra.DeleteGrant:
		return []Need{NeedGrants, NeedConsents}
	case entra.CreateServicePrincipal, entra.DeleteServicePrincipal:
		return []Need{NeedPrincipal, NeedResources, NeedGrants, NeedAssignments, NeedConsents, NeedSignIn, NeedSecretTrial}
	}
	// A registration that comes or goes takes everything with it.
	return slices.Concat([]Need{NeedSignIn, NeedSecretTrial}, directoryNeeds)
}

// Concerned are the checks whose answer may hang on one of the facts: those
// that read it, and those that come after or stand behind such a one.
func Concerned(checks []*Check, needs []Need) []*Check {
	ids := map[string]bool{}
	for before := -1; before != len(ids); {
		before = len(ids)
		for _, c := range checks {
			if c.reads(needs) || c.waitsFor(ids) {
				ids[c.ID] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(checks), func(c *Check) bool { return !ids[c.ID] })
}

func (c *Check) reads(needs []Need) bool {
	return slices.ContainsFunc(slices.Concat(c.Needs, c.Wants), func(n Need) bool { return slices.Contains(needs, n) })
}

func (c *Check) waitsFor(ids map[string]bool) bool {
	return slices.ContainsFunc(slices.Concat(c.After, c.Behind), func(id string) bool { return ids[id] })
}

// Rerun gathers again what changes may have altered and yields the results of
// the checks concerned, as [Run] does. f is complete before and after; what
// the changes do not touch is not asked for again.
func Rerun(ctx context.Context, f *Facts, checks []*Check, sources []Source, changes ...entra.Change) iter.Seq[Result] {
	var again []Need
	for _, ch := range changes {
		again = append(again, Affected(ch)...)
	}
	concerned := map[string]bool{}
	for _, c := range Concerned(checks, again) {
		concerned[c.ID] = true
	}
	return func(yield func(Result) bool) {
		f.Renew(again...)
		for r := range Run(ctx, f, checks, sources) {
			if concerned[r.ID] && !yield(r) {
				return
			}
		}
	}
}
