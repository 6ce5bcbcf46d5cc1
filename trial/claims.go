package trial

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

// A claimKind decides how a claim's value is shown.
type claimKind int

const (
	plain   claimKind = iota // shown as it is
	moment                   // seconds since 1970, shown as a time
	account                  // name@domain
	word                     // a personal name
	address                  // IP address
	opaque                   // identifier without meaning to people
)

// A claimFact is what is known of one claim.
type claimFact struct {
	name    string
	kind    claimKind
	meaning string
}

// claimFacts explains the claims of access tokens in the order they are
// shown: what decides first
// [MicrosoftDocs/entra-docs/docs/identity-platform/access-token-claims-reference.md].
var claimFacts = []claimFact{
	{"aud", plain, "For which service the token is; others refuse it"},
	{"scp", plain, "What the token may do, always within what the person may do themselves"},
	{"roles", plain, "What the application may do by itself, without a person"},
	{"tid", plain, "The tenant that issued it; it must be the one the organization is connected to"},
	{"iss", plain, "Who issued it: the sign-in service for that tenant"},
	{"appid", plain, "The client ID of the application that got it"},
	{"azp", plain, "The client ID of the application that got it"},
	{"appidacr", plain, "How the application proved itself: 0 not at all (public client), 1 with a secret, 2 with a certificate"},
	{"azpacr", plain, "How the application proved itself: 0 not at all (public client), 1 with a secret, 2 with a certificate"},
	{"oid", opaque, "The person's object ID in that tenant; with the tenant it identifies them"},
	{"upn", account, "The person's user name; it can change"},
	{"unique_name", account, "The person's user name for display"},
	{"preferred_username", account, "The person's user name for display"},
	{"email", account, "The person's mail address; never proof of who they are"},
	{"name", word, "The person's name"},
	{"given_name", word, "The person's first name"},
	{"family_name", word, "The person's last name"},
	{"iat", moment, "When it was issued"},
	{"nbf", moment, "Before this it is refused"},
	{"exp", moment, "From this on it is refused; the refresh token then gives a new one"},
	{"amr", plain, "How the person signed in: pwd password, mfa more than one factor, rsa certificate or key"},
	{"acr", plain, "1 when the person signed in, 0 when that does not meet ISO 29115"},
	{"acrs", plain, "Conditional Access contexts that were met"},
	{"auth_time", moment, "When the person last typed their credentials"},
	{"ipaddr", address, "The address the person signed in from"},
	{"idp", plain, "The tenant or service that signed the person in, where it is not the issuer: a guest"},
	{"idtyp", plain, "\"app\" for a token without a person"},
	{"ver", plain, "Version of the token; Azure DevOps takes 1.0, from the v2.0 endpoint too"},
	{"wids", plain, "Template ids of the person's directory roles"},
	{"groups", opaque, "Groups the person is in"},
	{"hasgroups", plain, "The person is in groups that are not listed here"},
	{"sub", opaque, "The person as this application alone knows them"},
	{"sid", opaque, "The browser's sign-in session"},
	{"puid", opaque, "An older identifier of the person"},
	{"onprem_sid", opaque, "The person's identifier in an on-premises directory"},
	{"deviceid", opaque, "The device the person signed in from"},
	{"uti", opaque, "The token's own identifier, found in the tenant's sign-in log"},
	{"jti", opaque, "The token's own identifier"},
	{"tenant_region_scope", plain, "The region of the tenant"},
	{"tenant_ctry", plain, "The country of the tenant"},
	{"xms_tcdt", moment, "When the tenant was created"},
	{"aio", opaque, "Internal to the sign-in service"},
	{"rh", opaque, "Internal to the sign-in service"},
}

// unknownMeaning stands for claims that Microsoft does not document.
const unknownMeaning = "Not documented by Microsoft; shown masked"

// explainClaims lists a token's claims with their meaning, known ones first.
// A claim that is not known is shown masked.
func explainClaims(claims map[string]any) []Claim {
	var out []Claim
	for _, f := range claimFacts {
		if v, ok := claims[f.name]; ok {
			out = append(out, Claim{f.name, f.show(v), f.meaning})
		}
	}
	var unknown []string
	for name := range claims {
		if !slices.ContainsFunc(claimFacts, func(f claimFact) bool { return f.name == name }) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		value := claimFact{kind: opaque}.show(claims[name])
		out = append(out, Claim{entra.ForeignText(name), value, unknownMeaning})
	}
	return out
}

// show writes a value for people. Lists are shown by their elements.
func (f claimFact) show(v any) string {
	if list, ok := v.([]any); ok {
		parts := make([]string, len(list))
		for i, e := range list {
			parts[i] = f.show(e)
		}
		return entra.ForeignText(strings.Join(parts, ", "))
	}
	s := text(v)
	switch f.kind {
	case moment:
		if at, ok := unix(v); ok {
			return at.Format("2006-01-02 15:04:05 UTC")
		}
		return entra.ForeignText(s)
	case account:
		return entra.ForeignText(maskAccount(s))
	case word:
		return maskWord(s)
	case address:
		return entra.ForeignText(maskIP(s))
	case opaque:
		return maskLong(s)
	}
	return entra.ForeignText(s)
}

// text writes a decoded JSON value; objects as JSON.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case nil:
		return "null"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("a value of type %T", v)
	}
	return string(b)
}

// unix reads seconds since 1970.
func unix(v any) (time.Time, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := n.Int64()
	if err != nil {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}

func stringClaim(claims map[string]any, name string) string {
	s, _ := claims[name].(string)
	return s
}

func timeClaim(claims map[string]any, name string) time.Time {
	t, _ := unix(claims[name])
	return t
}

// personIn reads who a token says it is for, unverified.
func personIn(claims map[string]any) entra.Person {
	p := entra.Person{
		Tenant:      entra.TenantID(stringClaim(claims, "tid")),
		ID:          entra.ObjectID(stringClaim(claims, "oid")),
		DisplayName: entra.ForeignText(stringClaim(claims, "name")),
	}
	for _, name := range []string{"upn", "preferred_username", "unique_name"} {
		if p.UPN == "" {
			p.UPN = entra.ForeignText(stringClaim(claims, name))
		}
	}
	return p
}
