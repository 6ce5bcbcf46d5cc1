package sandbox

import (
	"slices"
	"strings"
)

// selfConsent begins the names of grant policies that let users consent for
// themselves.
const selfConsent = "managepermissiongrantsforself."

// grantPolicies are the built-in permission grant policies by id. A policy
// that is not among them allows nothing.
var grantPolicies = map[string]func(consentQuestion, []asked) bool{
	"microsoft-user-default-legacy": func(consentQuestion, []asked) bool { return true },
	// Apps of verified publishers or the own tenant, permissions classified
	// as low impact: those of basic sign-in, which is what Microsoft proposes.
	"microsoft-user-default-low": func(q consentQuestion, missing []asked) bool {
		return (q.client.verified() || q.client.home == q.subject.tenant) && onlyBasic(missing)
	},
	"microsoft-user-default-recommended": func(_ consentQuestion, missing []asked) bool {
		return !slices.ContainsFunc(missing, withheldByMicrosoft)
	},
}

// anyPolicyAllows reports whether one of the policies assigned to users lets
// them agree to what is missing.
func anyPolicyAllows(assigned []string, q consentQuestion, missing []asked) bool {
	return slices.ContainsFunc(assigned, func(name string) bool {
		id, ok := strings.CutPrefix(strings.ToLower(name), selfConsent)
		allows := grantPolicies[id]
		return ok && allows != nil && allows(q, missing)
	})
}

// withheldPrefixes are the Microsoft Graph permissions that the policy
// managed by Microsoft leaves to administrators: files, sites, mail,
// calendars, chats, contacts and the Exchange protocols.
var withheldPrefixes = []string{
	"files.", "sites.", "mail.", "mailboxsettings.", "calendars.", "chat.", "chatmessage.", "contacts.",
	"ews.", "eas.", "imap.", "pop.", "smtp.",
}

func withheldByMicrosoft(a asked) bool {
	return a.resource == graphAppID && slices.ContainsFunc(a.names, func(name string) bool {
		return slices.ContainsFunc(withheldPrefixes, func(p string) bool {
			return strings.HasPrefix(strings.ToLower(name), p)
		})
	})
}
