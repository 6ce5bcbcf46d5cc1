package trial

import "github.com/consentry/consentry/entra"

// resourceAsked is the resource the token will be for: the first one named.
func resourceAsked(scopes []string) entra.ClientID {
	for _, s := range scopes {
		if r := entra.ParseScope(s).Resource; r != "" {
			return r
		}
	}
	return ""
}

// namesOf returns the bare names of one resource's scopes.
func namesOf(scopes []string, resource entra.ClientID) []string {
	var names []string
	for _, s := range scopes {
		if ref := entra.ParseScope(s); ref.Resource == resource && resource != "" {
			names = append(names, ref.Name)
		}
	}
	return names
}
