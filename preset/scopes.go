package preset

import "github.com/consentry/consentry/entra"

// Permissions are the Azure DevOps permissions for the registration: what was
// chosen, or else what is recommended.
func (p Preset) Permissions(chosen []string) []string {
	if len(chosen) > 0 {
		return chosen
	}
	return p.Registered
}

// asked are the bare names the integration asks for at sign-in when the
// chosen permissions are registered.
func (p Preset) asked(chosen []string) []string {
	registered := p.Permissions(chosen)
	everything := len(registered) == 1 && registered[0] == entra.UserImpersonation
	if everything && len(p.Asked) > 0 {
		return p.Asked
	}
	return registered
}

// AskedScopes are the scopes of a sign-in as this integration makes it, whole
// as on the wire: those of Azure DevOps with their resource, then the ones
// that bring an ID token and a refresh token. chosen are the permissions of
// the registration by bare name; none means the recommended ones.
func (p Preset) AskedScopes(chosen []string) []string {
	var out []string
	for _, name := range p.asked(chosen) {
		out = append(out, entra.ScopeName(entra.AzureDevOps, name))
	}
	return append(out, entra.ScopeOpenID, entra.ScopeProfile, entra.ScopeOfflineAccess)
}

// ScopeString is what goes into the integration's scopes field, in the form
// that field takes. chosen are the permissions of the registration by bare
// name; none means the recommended ones.
func (p Preset) ScopeString(chosen []string) string {
	return entra.ScopeString(entra.AzureDevOps, p.asked(chosen), p.ScopeForm.Prefix, p.ScopeForm.OfflineAccess)
}
