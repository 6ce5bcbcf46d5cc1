package checks

import (
	"time"

	"github.com/consentry/consentry/entra"
)

const day = 24 * time.Hour

// secretOf is a secret of the app with its ages in days before and after now.
func secretOf(id, hint string, since, until int) entra.Secret {
	return entra.Secret{KeyID: entra.KeyID("91a2b3c4-d5e6-4f70-8192-a3b4c5d6e7" + id), Name: "Paragon " + id, Hint: hint,
		Start: fixedNow.AddDate(0, 0, -since), End: fixedNow.AddDate(0, 0, until)}
}

func secrets(list ...entra.Secret) func(*Facts) {
	return app(func(a *entra.Application) { a.Secrets = list })
}

// unseen: no secret was given.
func unseen(f *Facts) { f.Given.Secret = SecretGiven{} }

func ours(s entra.Secret, operation string) entra.Secret {
	s.Name = entra.SecretName("Paragon", "paragon-production", operation)
	return s
}

var failingSecrets = []fixture{
	{Check: "secret-present", Name: "none was ever made", Summary: "has no client secret", Change: secrets()},
	{Check: "secret-present", Name: "all have expired", Summary: `the last one, "Paragon 22" (k9X…), expired on 2026-11-11`,
		Change: secrets(secretOf("21", "aaa", 700, -300), secretOf("22", "k9X", 400, -10))},
	{Check: "secret-present", Name: "a certificate does not do where a secret was given", Summary: "has no client secret",
		Change: all(secrets(), app(func(a *entra.Application) {
			a.Certificates = []entra.Certificate{{Usage: "Verify", End: fixedNow.AddDate(1, 0, 0)}}
		}))},
	{Check: "secret-is-registered", Name: "a secret of another app", Summary: "begins with zzz, and no secret of Paragon Integration does",
		Change: given(func(g *Given) { g.Secret.Hint = "zzz" })},
	{Check: "secret-is-registered", Name: "the expired one of two", Summary: "expired on 2026-11-11",
		Change: secrets(secretOf("31", "k9X", 400, -10), secretOf("32", "new", 5, 150))},
	{Check: "secret-lasts", Name: "three months", Summary: "ends in 80 days", Change: secrets(secretOf("41", "k9X", 100, 80))},
	{Check: "secret-lasts", Name: "the last month", Summary: "It is the last month", Change: secrets(secretOf("42", "k9X", 100, 20))},
	{Check: "secret-lasts", Name: "the last week", Summary: "It is the last week", Change: secrets(secretOf("43", "k9X", 100, 5))},
	{Check: "secret-lasts", Name: "the one in use ends, although another lasts", Summary: `"Paragon 44"`,
		Change: secrets(secretOf("44", "k9X", 100, 20), secretOf("45", "new", 5, 150))},
	{Check: "secret-lasts", Name: "the newest ends first", Summary: `"Paragon 47"`,
		Change: all(unseen, secrets(secretOf("46", "old", 100, 400), secretOf("47", "new", 5, 20)))},
	{Check: "secret-lasts", Name: "the policy allows a month only", Summary: "ends in 20 days",
		Change: all(secrets(secretOf("48", "k9X", 100, 20)), policies(func(p *entra.Policies) { most := 100 * day; p.MaxSecretLifetime = &most }))},
	{Check: "secrets-few", Name: "an expired one is left over", Summary: "expired on 2026-08-13 and is still listed",
		Change: secrets(secretOf("51", "old", 400, -100), secretOf("52", "k9X", 5, 150))},
	{Check: "secrets-few", Name: "three, one of them of ours and not in use", Summary: "has 3 valid client secrets",
		Change: secrets(ours(secretOf("53", "old", 100, 100), "op1"), ours(secretOf("54", "k9X", 5, 150), "op2"), secretOf("55", "zzz", 50, 150))},
	{Check: "secrets-few", Name: "four of other people's", Summary: "has 4 valid client secrets",
		Change: secrets(secretOf("56", "aaa", 100, 100), secretOf("57", "k9X", 5, 150), secretOf("58", "bbb", 50, 150), secretOf("59", "ccc", 50, 150))},
	{Check: "secrets-accounted-for", Name: "one of ours that nobody recorded", Summary: "was made for the environment paragon-production on 2026-08-13",
		Change: all(given(func(g *Given) { g.Made = []entra.KeyID{"another"} }), secrets(ours(secretOf("81", "old", 100, 100), "op1"), secretOf("82", "k9X", 5, 150)))},
	{Check: "secrets-accounted-for", Name: "the one in use was made elsewhere", Summary: "there is no record of it here",
		Change: all(given(func(g *Given) { g.Made = []entra.KeyID{} }), secrets(ours(secretOf("83", "k9X", 5, 150), "op1")))},
	{Check: "secret-lifetime-moderate", Name: "two years", Summary: "is valid for 730 days in all", Change: secrets(secretOf("61", "k9X", 100, 630))},
	{Check: "secrets-allowed", Name: "forbidden", Summary: "Contoso forbids new client secrets",
		Change: policies(func(p *entra.Policies) { p.SecretsForbidden = on(true) })},
	{Check: "secret-lifetime-allowed", Name: "shorter than planned", Summary: "lets client secrets last 90 days at most",
		Change: policies(func(p *entra.Policies) { most := 90 * day; p.MaxSecretLifetime = &most })},
}

func owners(list ...entra.Person) func(*Facts) {
	return func(f *Facts) { set(&f.Owners, list) }
}

var failingCare = []fixture{
	{Check: "owner-present", Name: "nobody", Summary: "No person owns", Change: owners()},
	{Check: "owner-present", Name: "a service principal only", Summary: "No person owns", Change: owners(entra.Person{ID: devopsSP, DisplayName: "Terraform"})},
	{Check: "owners-at-least-two", Name: "one, another is signed in", Summary: "adele is the only person", Change: owners(person(adele, "adele"))},
	{Check: "owners-at-least-two", Name: "one, who is signed in", Summary: "megan is the only person", Change: owners(person(megan, "megan"))},
	{Check: "no-single-point-of-failure", Name: "one owner, one secret", Summary: "Everything hangs on adele", Change: owners(person(adele, "adele"))},
	{Check: "properties-locked", Name: "off", Summary: "is off", Change: app(func(a *entra.Application) { a.PropertyLock = entra.PropertyLock{} })},
	{Check: "properties-locked", Name: "in part", Summary: "not for all properties", Change: app(func(a *entra.Application) { a.PropertyLock = entra.PropertyLock{Enabled: true, Sign: true} })},
	{Check: "implicit-grant-off", Name: "both kinds", Summary: "access tokens and ID tokens without a code",
		Change: app(func(a *entra.Application) { a.ImplicitGrant = entra.ImplicitGrant{AccessTokens: true, IDTokens: true} })},
}
