package main

import (
	"slices"
	"strings"
	"testing"
)

// An ending is where somebody who connects with the values that a scenario's
// tenant is seeded with gets to.
type ending struct {
	tenant  string // first part of its domain
	heading string // of Microsoft's page; empty: connected, or the product's own page for failures
	says    []string
}

var endings = []ending{
	{tenant: "contoso"},
	{tenant: "proseware"},
	{tenant: "margies"},
	{tenant: "southridge"},
	{tenant: "adventure-works", says: []string{"invalid_request", "AADSTS50194"}},
	{tenant: "litware", says: []string{"failed with status 401", "invalid_client", "AADSTS7000222"}},
	{tenant: "woodgrove", says: []string{"HTTP/1.1 401 Unauthorized", "AADSTS7000222"}},
	{tenant: "tailspin", says: []string{"invalid_client", "AADSTS650053", "vso.audit"}},
	{tenant: "humongous", says: []string{"invalid_client", "AADSTS650052"}},
	{tenant: "northwind", says: []string{"status 401", "TF400813"}},
	{tenant: "vanarsdel", says: []string{"HTTP/1.1 401 Unauthorized", "TF400813"}},
	{tenant: "fabrikam", heading: "Approval required", says: []string{"AADSTS90095"}},
	{tenant: "alpine", heading: "Need admin approval", says: []string{"AADSTS90094"}},
	{tenant: "wingtip", heading: "Need admin approval", says: []string{"AADSTS90094"}},
	{tenant: "graphic-design", heading: "Sign in", says: []string{"AADSTS50105"}},
	{tenant: "lucerne", heading: "Sign in", says: []string{"AADSTS7000112"}},
	{tenant: "trey", heading: "Sign in", says: []string{"AADSTS53003"}},
}

func TestEachScenarioEndsWhereACustomerWouldSeeIt(t *testing.T) {
	for _, e := range endings {
		t.Run(e.tenant, func(t *testing.T) {
			who := tenantNamed(t, e.tenant)
			c := who.Connection
			s := c.setUp(t)
			at := s.start(t)
			if !slices.Contains(c.RedirectURIs, at.Callback) {
				t.Fatalf("the app has %v, the product comes back to %s", c.RedirectURIs, at.Callback)
			}
			e.check(s.toMicrosoft(t, at, c.credentials).comesIn(who, "user"), c.Integration)
		})
	}
}

func (e ending) check(page view, integration string) {
	page.Helper()
	switch {
	case e.heading != "":
		page.shows(e.heading).says(e.says...)
	case e.says != nil:
		failsAs(page, integration, e.says...)
	default:
		page.shows("Connected")
	}
}

// setUp is what a person types in who was given the connection's values.
func (c connectionValues) setUp(t *testing.T) setUp {
	t.Helper()
	s := usually(t, c.Integration)
	switch c.Integration {
	case "frontegg":
		return s.with(t, "Scopes", chosen(c.Scopes)).with(t, "Azure DevOps organization", c.Organization)
	case "paragon":
		return s.with(t, "Permissions", chosen(c.Scopes))
	case "cyclr":
		return s.with(t, "Scopes", strings.Join(c.Scopes, " ")).with(t, "Organization ID", c.Organization).with(t, "Project Name", c.Project)
	case "custom":
		return s.with(t, "Scopes", strings.Join(c.Scopes, " ")).with(t, "Azure DevOps organization", c.Organization).with(t, "Project", c.Project)
	}
	return s.with(t, "Scopes", strings.Join(c.Scopes, " "))
}

// chosen are the bare names of Azure DevOps' scopes, as lists offer them.
func chosen(scopes []string) string {
	var names []string
	for _, s := range scopes {
		if name, ours := strings.CutPrefix(s, prefixed); ours {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}
