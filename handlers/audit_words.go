package handlers

import (
	"strings"

	"github.com/consentry/consentry/store"
)

// auditWords say in plain words what was done, by the action's name.
var auditWords = map[string]string{
	"sign-in":              "Signed in",
	"sign-in-denied":       "Tried to sign in",
	"sign-out":             "Signed out",
	"access-denied":        "Asked for something that the role does not allow",
	"session-ended":        "Ended a sign-in",
	"operation-started":    "Started an operation",
	"operation-ended":      "An operation ended",
	"fix-applied":          "Changed an app to mend what a check found",
	"run-started":          "Ran the checks",
	"credential-added":     "Added a credential to an app",
	"credential-removed":   "Removed a credential from an app",
	"redirect-uri-added":   "Added a redirect URI to an app",
	"redirect-uri-removed": "Removed a redirect URI from an app",
	"secret-revealed":      "Looked at a client secret, which is possible once",
	"secret-used":          "Used a kept client secret for a test",
	"secret-dropped":       "Deleted a kept client secret",
	"value-unreadable":     "A stored value did not open: the database is damaged or was tampered with",
	"audit-exported":       "Exported the audit log",
	"key-rotated":          "Changed the encryption key",
	"backup-made":          "Made a backup",
	"restored":             "Restored the database from a backup",
	"reminder-sent":        "Sent a reminder that a credential ends",
	"tls-failure":          "Could not trust a connection: something may stand in between",
}

// auditStates are what a row says of an action's result.
var auditStates = map[string]state{
	store.AuditIntent:  {"idle", "intended"},
	store.AuditDone:    {"good", "done"},
	store.AuditFailed:  {"bad", "failed"},
	store.AuditDenied:  {"warn", "refused"},
	store.AuditUnknown: {"warn", "outcome unknown"},
}

// auditTerms are names of details that are more than their words.
var auditTerms = map[string]string{
	"client-id": "Client ID", "key-id": "Key ID", "graph-request-id": "Microsoft's request ID", "console-request-id": "Request ID",
	"uri": "Redirect URI", "upn": "Account", "kind": "Operation's kind", "count": "How many",
}

func auditTerm(name string) string {
	if term, ok := auditTerms[name]; ok {
		return term
	}
	return capital(strings.ReplaceAll(name, "-", " "))
}
