package handlers

import "github.com/consentry/consentry/web"

// further are pages that go on where the help on a cause or a check ends, by
// its id.
var further = map[string]web.Link{
	"legacy_oauth_retired":      {Label: "Guide: from the retired OAuth to Microsoft Entra", Href: "/legacy"},
	"legacy_scope_set_mismatch": {Label: "Guide: from the retired OAuth to Microsoft Entra", Href: "/legacy"},
	"secret_wrong_field_legacy": {Label: "Guide: from the retired OAuth to Microsoft Entra", Href: "/legacy"},
	"legacy-sign-in-unused":     {Label: "Guide: from the retired OAuth to Microsoft Entra", Href: "/legacy"},
	"scope_insufficient_for_call": {
		Label: "Find the scope that a call lacked", Href: "/advisor/call"},
	"operations-covered":        {Label: "Find the scope that a call lacked", Href: "/advisor/call"},
	"permissions-not-excessive": {Label: "Find the smallest set of scopes", Href: "/advisor"},
	"scopes-known":              {Label: "Find scopes by what they are for", Href: "/advisor"},
}

// Further leads on from a cause; nil when nothing does.
func (v causeView) Further() *web.Link { return furtherFrom(v.ID) }

// Further leads on from the cause; nil when nothing does.
func (p causePage) Further() *web.Link { return furtherFrom(p.Cause.ID) }

// Further leads on from the check; nil when nothing does.
func (p checkHelpPage) Further() *web.Link { return furtherFrom(p.Check.ID) }

func furtherFrom(id string) *web.Link {
	l, ok := further[id]
	if !ok {
		return nil
	}
	return &l
}
