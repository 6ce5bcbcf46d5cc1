package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

var registeredSecretChecks = []*Check{
	ofRegistration(&Check{
		ID:       "secret-present",
		Title:    "The app has a client secret that is valid",
		Why:      "People sign in and accept, but the integration cannot prove itself when it comes for the token.",
		Severity: Blocks,
		AADSTS:   []int{7000216, 7000218, 7000222},
		Cites:    citeCredentials,
		Wants:    []Need{NeedPolicies},
		Concerns: func(f *Facts) bool { return !f.provesOtherwise() },
		Evaluate: noSecret,
		Shows:    secretsShown,
	}),
	ofRegistration(&Check{
		ID:       "secret-is-registered",
		Title:    "The given client secret is a valid one of this app",
		Why:      "Microsoft refuses a secret of another app, one that was removed and one that has expired, and the integration gets no token.",
		Severity: Blocks,
		AADSTS:   []int{7000215, 7000222},
		Cites:    citeCredentials,
		Asks:     []Input{InputSecret},
		Wants:    []Need{NeedPolicies},
		After:    []string{"secret-well-formed", "secret-present"},
		Open:     hintOpen,
		Evaluate: secretUnregistered,
		Shows:    secretsShown,
	}),
	ofRegistration(&Check{
		ID:       "secret-lasts",
		Title:    "The client secret in use does not end soon",
		Why:      "From its last day on nobody can connect, and whoever is connected is cut off within the hour. Whoever has to renew it needs time.",
		Severity: Risks,
		AADSTS:   []int{7000222},
		Cites:    citeCredentials,
		Wants:    []Need{NeedPolicies},
		After:    []string{"secret-present", "secret-is-registered"},
		Concerns: func(f *Facts) bool { return !f.provesOtherwise() },
		Evaluate: secretEnds,
		Shows:    secretsShown,
	}),
	ofRegistration(&Check{
		ID:       "secrets-few",
		Title:    "The app keeps no more client secrets than it uses",
		Why:      "Every secret opens the app, also the one that nobody remembers; and an expired one looks like the one in use.",
		Severity: Advises,
		Cites:    citeAppSecurity,
		After:    []string{"secret-present"},
		Evaluate: spareSecrets,
	}),
	ofRegistration(&Check{
		ID:       "secrets-accounted-for",
		Title:    "There is a record of every client secret that a console made",
		Why:      "A secret that no console knows of was left by an attempt that broke off, or belongs to a console that is gone. It opens the app, and nobody will think of removing it.",
		Severity: Advises,
		Cites:    citeAppSecurity,
		After:    []string{"secret-present"},
		Concerns: func(f *Facts) bool { return f.Given.Made != nil },
		Evaluate: unaccounted,
	}),
	ofRegistration(&Check{
		ID:       "secret-lifetime-moderate",
		Title:    "No client secret is valid for more than a year",
		Why:      "A secret that leaked without anybody noticing works until it ends. Microsoft recommends less than twelve months.",
		Severity: Advises,
		Cites:    citeCredentials,
		Evaluate: longSecrets,
	}),
	ofRegistration(&Check{
		ID:       "secrets-allowed",
		Title:    "The tenant's policy lets a client secret be made",
		Why:      "When the secret in use ends, the next one cannot be made, and nobody can connect any more.",
		Severity: Risks,
		Cites:    citeAppPolicy,
		Needs:    []Need{NeedPolicies},
		Open:     func(f *Facts) *Gap { return f.policyGap(f.Policies.Get().SecretsForbidden == nil) },
		Evaluate: secretsForbidden,
	}),
	ofRegistration(&Check{
		ID:       "secret-lifetime-allowed",
		Title:    "The tenant's policy lets a client secret last half a year",
		Why:      "A longer one is refused, and so is one without a last day; shorter ones have to be renewed more often.",
		Severity: Advises,
		Cites:    citeAppPolicy,
		Needs:    []Need{NeedPolicies},
		After:    []string{"secrets-allowed"},
		Open:     func(f *Facts) *Gap { return f.policyGap(f.Policies.Get().MaxSecretLifetime == nil) },
		Evaluate: shortLived,
	}),
}

// plannedLifetime is how long a new secret is to last, where the tenant's
// policy lets it.
const plannedLifetime = 180 * 24 * time.Hour

// The spans before the end of a secret at which it becomes a finding, and a
// more urgent one.
const (
	endsSoon      = 90 * 24 * time.Hour
	endsVerySoon  = 30 * 24 * time.Hour
	endsThisWeek  = 7 * 24 * time.Hour
	moderateYears = 1
	fewSecrets    = 2 // one in use and, while it is being replaced, the next
)

// live are the secrets that work now or will, in their order.
func (f *Facts) live() []entra.Secret {
	return slices.DeleteFunc(slices.Clone(f.app().Secrets), func(s entra.Secret) bool { return s.ExpiredAt(f.Now) })
}

func (f *Facts) expired() []entra.Secret {
	return slices.DeleteFunc(slices.Clone(f.app().Secrets), func(s entra.Secret) bool { return !s.ExpiredAt(f.Now) })
}

// provesOtherwise: the app has a valid certificate or a federated credential,
// no secret was given and no integration named that would want one.
func (f *Facts) provesOtherwise() bool {
	proves := func(c entra.Certificate) bool { return !c.ExpiredAt(f.Now) && !strings.EqualFold(c.Usage, "Sign") }
	wantsSecret := f.Given.Integration != "" && f.Given.Integration != "custom"
	return !wantsSecret && !f.Given.Secret.Given && (slices.ContainsFunc(f.app().Certificates, proves) || len(f.app().Federated) > 0)
}

// inUse is the live secret that the integration has: the one whose hint fits
// the given secret, else the one made last.
func (f *Facts) inUse() (entra.Secret, bool) {
	var found entra.Secret
	ok := false
	for _, s := range f.live() {
		fits, had := f.fits(s), ok && f.fits(found)
		if !ok || fits && !had || fits == had && !s.Start.Before(found.Start) {
			found, ok = s, true
		}
	}
	return found, ok
}

// fits: the secret may be the given one.
func (f *Facts) fits(s entra.Secret) bool {
	return f.Given.Secret.Given && s.Hint == f.Given.Secret.Hint
}

// secretName is how people tell a secret: its name and its first characters.
func secretName(s entra.Secret) string {
	switch {
	case s.Name != "" && s.Hint != "":
		return fmt.Sprintf("%q (%s…)", s.Name, s.Hint)
	case s.Name != "":
		return quoted(s.Name)
	case s.Hint != "":
		return s.Hint + "…"
	}
	return "with the ID " + string(s.KeyID)
}

// secretsShown lists every secret with its last day, expired ones too.
func secretsShown(f *Facts) []Evidence {
	var out []Evidence
	for _, s := range f.app().Secrets {
		out = append(out, f.seeApp(entra.PortalSecrets, "client secret "+secretName(s), endWords(s, f.Now), ""))
	}
	if len(out) == 0 {
		out = append(out, f.seeApp(entra.PortalSecrets, "client secrets", "none", "one that is valid"))
	}
	return out
}

func endWords(s entra.Secret, now time.Time) string {
	day := s.End.UTC().Format(time.DateOnly)
	switch {
	case s.End.IsZero():
		return "no last day is known"
	case s.ExpiredAt(now):
		return "expired on " + day
	}
	return fmt.Sprintf("valid until %s, %s more", day, about(s.End.Sub(now)))
}

// newSecret makes a secret that lasts as planned or as the tenant's policy
// lets it; nil where it lets none be made.
func (f *Facts) newSecret() entra.Change {
	policies := f.Policies.Or(entra.Policies{})
	if isOn(policies.SecretsForbidden) {
		return nil
	}
	life := plannedLifetime
	if most := policies.MaxSecretLifetime; most != nil && *most > 0 {
		life = min(life, *most-time.Hour) // the policy's clock may run behind
	}
	name := "Client secret"
	if p, ok := f.Preset(); ok {
		name = p.Name
	}
	return entra.AddSecret{App: f.app().ID, Secret: entra.NewSecret{Name: name + " " + f.Now.UTC().Format(time.DateOnly), End: f.Now.Add(life).UTC().Truncate(time.Second)}}
}

// renewal mends whatever a new secret mends. Where the tenant forbids new ones
// an administrator comes first.
func (f *Facts) renewal(say string) Remedy {
	if isOn(f.Policies.Or(entra.Policies{}).SecretsForbidden) {
		return Remedy{Say: "Ask an administrator to exempt this app from the policy that forbids client secrets; then make one and put it into the integration.", Who: entra.TenantAdmin,
			Portal: f.portal(entra.PortalSecrets), Steps: append(exemptionSteps[:2:2], newSecretSteps...)}
	}
	return Remedy{Say: say, Who: entra.AppOwner, Portal: f.portal(entra.PortalSecrets), Steps: newSecretSteps, Change: f.newSecret()}
}

func noSecret(f *Facts) []Finding {
	if len(f.live()) > 0 {
		return nil
	}
	finding := Finding{
		Summary: fmt.Sprintf("%s has no client secret.", f.called()),
		AADSTS:  7000218,
		Shown:   secretsShown(f),
		Mend:    f.renewal("Make a client secret and put it into the integration."),
	}
	if gone := f.expired(); len(gone) > 0 {
		last := slices.MaxFunc(gone, func(a, b entra.Secret) int { return a.End.Compare(b.End) })
		finding.Summary = fmt.Sprintf("%s has no valid client secret: the last one, %s, expired on %s.", f.called(), secretName(last), last.End.UTC().Format(time.DateOnly))
		finding.AADSTS = 7000222
	}
	return []Finding{finding}
}

// hintOpen: without its first characters the given secret cannot be compared
// with those of the registration.
func hintOpen(f *Facts) *Gap {
	if slices.ContainsFunc(f.app().Secrets, f.fits) {
		return nil
	}
	unhinted := slices.ContainsFunc(f.live(), func(s entra.Secret) bool { return s.Hint == "" })
	if f.Given.Secret.Hint == "" || unhinted {
		return &Gap{Why: "The given secret and those of the app cannot be compared: the first characters of one are not known.", Would: "Try the secret: give the tenant too, by its ID or one of its domains."}
	}
	return nil
}

func secretUnregistered(f *Facts) []Finding {
	if slices.ContainsFunc(f.live(), f.fits) {
		return nil
	}
	hint := hintWords(f.Given.Secret)
	finding := Finding{
		Summary: fmt.Sprintf("The given secret begins with %s, and no secret of %s does.", hint, f.called()),
		AADSTS:  7000215,
		Shown:   secretsShown(f),
		Mend:    f.renewal("Give the integration the value of a secret of this app: a new one, where the old one is not known."),
	}
	gone := f.expired()
	if i := slices.IndexFunc(gone, f.fits); i >= 0 {
		finding.Summary = fmt.Sprintf("The given secret is %s, which expired on %s.", secretName(gone[i]), gone[i].End.UTC().Format(time.DateOnly))
		finding.AADSTS = 7000222
	}
	return []Finding{finding}
}

// soon is how long before its end a secret becomes a finding: where the tenant
// lets none last long, no sooner than in the last third, or the next one would
// be a finding on its first day.
func (f *Facts) soon() time.Duration {
	if most := f.Policies.Or(entra.Policies{}).MaxSecretLifetime; most != nil && *most > 0 {
		return min(endsSoon, *most/3)
	}
	return endsSoon
}

// secretEnds is about the secret in use: another one that ends beside it is
// one that was replaced.
func secretEnds(f *Facts) []Finding {
	s, ok := f.inUse()
	left := s.End.Sub(f.Now)
	if !ok || s.End.IsZero() || left > f.soon() {
		return nil
	}
	say := "Plan the next client secret: who makes it, and who puts it into the integration."
	urgency := ""
	switch {
	case left <= endsThisWeek:
		urgency, say = " It is the last week:", "Make the next client secret today and put it into the integration."
	case left <= endsVerySoon:
		urgency, say = " It is the last month:", "Make the next client secret now and put it into the integration."
	}
	summary := fmt.Sprintf("The client secret %s ends in %s, on %s.", secretName(s), about(left), s.End.UTC().Format(time.DateOnly))
	if urgency != "" {
		summary += urgency + " then nobody can connect any more."
	}
	return []Finding{{Summary: summary, Due: s.End, Shown: secretsShown(f), Mend: f.renewal(say)}}
}

func spareSecrets(f *Facts) []Finding {
	var out []Finding
	for _, s := range f.expired() {
		out = append(out, Finding{
			Summary: fmt.Sprintf("The client secret %s expired on %s and is still listed.", secretName(s), s.End.UTC().Format(time.DateOnly)),
			Shown:   []Evidence{f.seeApp(entra.PortalSecrets, "client secret "+secretName(s), endWords(s, f.Now), "removed")},
			Mend: Remedy{
				Say: "Remove the expired secret.", Who: entra.AppOwner, Portal: f.portal(entra.PortalSecrets),
				Steps:  []string{"Under Certificates & secrets delete the expired entry; it cannot be used any more."},
				Change: entra.RemoveSecret{App: f.app().ID, Key: s.KeyID},
			},
		})
	}
	return append(out, tooMany(f)...)
}

// tooMany offers to remove those that this program made for the environment
// and that are not in use; of the others only their owners know.
func tooMany(f *Facts) []Finding {
	live := f.live()
	if len(live) <= fewSecrets {
		return nil
	}
	finding := Finding{
		Summary: fmt.Sprintf("%s has %d valid client secrets.", f.called(), len(live)),
		Shown:   secretsShown(f),
		Mend: Remedy{
			Say: "Remove the secrets that nothing uses.", Who: entra.AppOwner, Portal: f.portal(entra.PortalSecrets),
			Steps: []string{"Find out which secret is where: the first characters tell them apart.", "Under Certificates & secrets delete the others; whatever still uses one stops at once."},
		},
	}
	used, _ := f.inUse()
	spare := slices.DeleteFunc(live, func(s entra.Secret) bool {
		_, ours := entra.IsOurSecret(s.Name, f.Given.Environment)
		return !ours || s.KeyID == used.KeyID
	})
	if len(spare) > 0 && len(f.live()) == fewSecrets+1 {
		finding.Mend.Change = entra.RemoveSecret{App: f.app().ID, Key: spare[0].KeyID}
	}
	return []Finding{finding}
}

func longSecrets(f *Facts) []Finding {
	var out []Finding
	for _, s := range f.live() {
		if s.Start.IsZero() || !s.End.After(s.Start.AddDate(moderateYears, 0, 1)) {
			continue
		}
		out = append(out, Finding{
			Summary: fmt.Sprintf("The client secret %s is valid for %s in all, until %s.", secretName(s), about(s.End.Sub(s.Start)), s.End.UTC().Format(time.DateOnly)),
			Shown:   []Evidence{f.seeApp(entra.PortalSecrets, "client secret "+secretName(s), endWords(s, f.Now), "at most a year from its making")},
			Mend: Remedy{
				Say: "Replace it by one that ends sooner, before anybody has to.", Who: entra.AppOwner, Portal: f.portal(entra.PortalSecrets),
				Steps: append(slices.Clone(newSecretSteps), "Enter the new one's last day where somebody will see it in time."),
			},
		})
	}
	return out
}
