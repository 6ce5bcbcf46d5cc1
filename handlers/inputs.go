package handlers

import (
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/web"
)

// inputs are the fields that are more than one line of text that comes once.
// What a callback brings from Microsoft is text that others wrote.
var inputs = map[string]web.Input{
	"scopes":            {Several: true, Text: true},
	"handed":            {Several: true},
	"op":                {Several: true},
	"contacts":          {Text: true},
	"certificate":       {Text: true},
	"assertion":         {Text: true},
	"paste":             {Text: true},
	"pasted":            {Text: true},
	"address":           {Text: true},
	"return":            {Text: true},
	"error_description": {Text: true},
}

// How often somebody may use what costs a sign-in, a secret or many calls of
// Microsoft's services. A person at work stays far below; a loop does not.
var (
	signInLimit   = web.Limit{Burst: 20, Every: 3 * time.Second}
	callbackLimit = web.Limit{Burst: 20, Every: 3 * time.Second}
	revealLimit   = web.Limit{Burst: 20, Every: 3 * time.Second}
	changeLimit   = web.Limit{Burst: 10, Every: 6 * time.Second}
	checkLimit    = web.Limit{Burst: 20, Every: 6 * time.Second}
	pasteLimit    = web.Limit{Burst: 30, Every: 2 * time.Second} // reading a large one takes half a second
)

// Who names the person a session belongs to, for web.Config: what they ask for
// in several windows counts together. Empty for nobody.
func Who(s *web.Session) string {
	var p entra.Person
	if !s.Get(personKey, &p) || p.ID == "" {
		return ""
	}
	return string(p.Tenant) + "/" + string(p.ID)
}
