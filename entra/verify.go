package entra

import "strings"

// A Command is something a person can paste into a terminal to see for
// themselves.
type Command struct {
	Shows string // what it shows, for people
	Line  string // POSIX shell
}

// VerifyApplication lists commands that show an app registration and its
// consents with the Azure CLI. They are for the public cloud; id must have
// passed ParseClientID.
func VerifyApplication(id ClientID) []Command {
	return []Command{
		{"The app registration: redirect URIs, permissions, secrets without values", "az ad app show --id " + string(id)},
		{"The enterprise application in your tenant", "az ad sp show --id " + string(id)},
		{"The delegated permissions consented to", "az ad app permission list-grants --id " + string(id)},
	}
}

// VerifyOrganization lists commands that show, without signing in, whether an
// Azure DevOps organization exists and which tenant it belongs to. slug must
// have passed ParseOrganization.
func VerifyOrganization(c Cloud, slug string) []Command {
	curl := "curl -sI "
	if c.CAFile != "" {
		curl += "--cacert " + quoteShell(c.CAFile) + " "
	}
	return []Command{
		{"The organization's tenant, in the header x-vss-resourcetenant (the status 404 means nothing here)", curl + quoteShell(c.VSSPSOrganizations+"/"+slug)},
		{"Whether the organization exists: 404 means no", curl + "-H 'X-TFS-FedAuthRedirect: Suppress' " + quoteShell(c.DevOps+"/"+slug+"/_apis/connectionData")},
	}
}

// quoteShell puts s into single quotes for a POSIX shell unless it is a plain
// word.
func quoteShell(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
