package oauth

import "github.com/consentry/consentry/entra"

// oneResource keeps the scopes of the first resource named, and those of the
// sign-in service itself. A token is for one resource: naming two at the token
// endpoint is AADSTS28000, naming none after a consent to several AADSTS28003.
func oneResource(scopes []string) []string {
	var out []string
	var first entra.ClientID
	for _, s := range scopes {
		r := entra.ParseScope(s).Resource
		if first == "" {
			first = r
		}
		if r == "" || r == first {
			out = append(out, s)
		}
	}
	return out
}
