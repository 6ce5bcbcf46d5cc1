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

// A Difference is a scope in which asking and registration do not agree in
// the way the integration needs.
type Difference struct {
	Scope string
	// Asked is false for a scope that is registered and not asked for, which
	// matters to integrations that compare exactly.
	Asked bool
}

// Compared lists the differences between asked and registered scopes, both by
// bare name, under the integration's own rule: none means sign-in can work.
func (p Preset) Compared(asked, registered []string) []Difference {
	var out []Difference
	for _, a := range asked {
		if !p.agrees(a, registered) {
			out = append(out, Difference{a, true})
		}
	}
	if p.Compare != Exact {
		return out
	}
	for _, r := range registered {
		if !p.agrees(r, asked) {
			out = append(out, Difference{r, false})
		}
	}
	return out
}

func (p Preset) agrees(scope string, list []string) bool {
	by, ok := entra.Covers(list, scope)
	return ok && (p.Compare != Exact || by == scope)
}
