package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

// secretChecks read what a request with the client secret brought. The
// sign-in service looks at the tenant first, then at the app, then at the
// secret: what it complains about tells what was right before it.
var secretChecks = []*Check{
	{
		ID:       "app-in-tenant",
		Title:    "The app is present in the tenant, and enabled",
		Why:      "Nobody of the tenant can sign in to an app that it does not have or has switched off.",
		Group:    WithSecret,
		Severity: Blocks,
		AADSTS:   []int{700016, 7000229, 7000112, 700011, 70001},
		Cites:    citeClientFlow,
		Asks:     []Input{InputClientID, InputTenant, InputSecret},
		Needs:    []Need{NeedSecretTrial},
		After:    []string{"legacy-sign-in-unused", "tenant-well-formed", "tenant-exists", "client-id-well-formed"},
		Behind:   []string{"registration-exists", "registration-enabled", "audience-multitenant", "service-principal-exists", "service-principal-enabled"},
		Open:     secretTrialOpen,
		Evaluate: appNotInTenant,
	},
	{
		ID:       "secret-not-expired",
		Title:    "The client secret has not expired",
		Why:      "From its last day on nobody can connect, and whoever is connected is cut off within the hour.",
		Group:    WithSecret,
		Severity: Blocks,
		AADSTS:   []int{7000222},
		Cites:    citeCredentials,
		Asks:     []Input{InputClientID, InputTenant, InputSecret},
		Needs:    []Need{NeedSecretTrial},
		After:    []string{"secret-well-formed", "app-in-tenant"},
		Behind:   []string{"secret-present", "secret-is-registered", "secret-lasts"},
		Open:     secretTrialOpen,
		Evaluate: secretExpired,
	},
	{
		ID:       "client-confidential",
		Title:    "The app may prove itself with a secret",
		Why:      "Microsoft takes no secret of an app whose redirect URI stands under Mobile and desktop applications, so the integration gets no token.",
		Group:    WithSecret,
		Severity: Blocks,
		AADSTS:   []int{700025, 9002327},
		Cites:    citeClientFlow,
		Asks:     []Input{InputClientID, InputTenant, InputSecret},
		Needs:    []Need{NeedSecretTrial},
		After:    []string{"app-in-tenant"},
		Behind:   []string{"redirect-uri-on-web"},
		Open:     secretTrialOpen,
		Evaluate: secretForbidden,
	},
	{
		ID:       "secret-active",
		Title:    "The client secret is in force everywhere",
		Why:      "A new secret is refused here and there for a minute or so. It looks like a wrong one and is not.",
		Group:    WithSecret,
		Severity: Risks,
		AADSTS:   []int{7000215},
		Cites:    citeCredentials,
		Asks:     []Input{InputClientID, InputTenant, InputSecret},
		Needs:    []Need{NeedSecretTrial},
		Wants:    []Need{NeedApplication},
		After:    []string{"secret-well-formed", "app-in-tenant", "secret-not-expired"},
		Open:     secretAgeOpen,
		Evaluate: secretTooNew,
	},
	{
		ID:       "secret-accepted",
		Title:    "Microsoft accepts the client secret",
		Why:      "People sign in and accept, but the integration is refused when it comes for the token, so nobody gets connected.",
		Group:    WithSecret,
		Severity: Blocks,
		AADSTS:   []int{7000215, 7000216, 7000218, 70002, 50012, 700024, 700027},
		Cites:    citeClientFlow,
		Asks:     []Input{InputClientID, InputTenant, InputSecret},
		Needs:    []Need{NeedSecretTrial},
		After:    []string{"secret-well-formed", "app-in-tenant", "secret-not-expired", "client-confidential", "secret-active"},
		Behind:   []string{"secret-is-registered", "secret-present", "clock-in-step"},
		Open:     secretTrialOpen,
		Evaluate: secretRefusedNow,
		Shows:    showing("answer to a token request with the client secret", func(*Facts) string { return "a token" }),
	},
}

// aboutApp are the codes that say that the app is not there; every other
// answer comes after it was found.
var aboutApp = []int{700016, 7000229, 7000112, 700011, 70001}

// aboutTenant are the codes of a tenant that was not found: they say nothing
// about app and secret.
var aboutTenant = []int{90002, 900023, 50059, 50128, 90013}

// secretTrialOpen is why the answer decides nothing about app and secret.
func secretTrialOpen(f *Facts) *Gap {
	t := f.SecretTrial.Get()
	switch {
	case t.Accepted:
		return nil
	case slices.Contains(aboutTenant, t.AADSTS):
		return &Gap{Why: fmt.Sprintf("The sign-in service answered %s, which is about the tenant.", refusalWords(t.AADSTS, t.OAuth)), Would: "Correct the tenant and run the checks again."}
	}
	return serviceFailed(t.AADSTS, t.OAuth)
}

// refusedFor reports whether the secret trial was refused with one of codes.
func (f *Facts) refusedFor(codes ...int) bool {
	t := f.SecretTrial.Get()
	return !t.Accepted && slices.Contains(codes, t.AADSTS)
}

// trialFinding is a finding from the secret trial.
func trialFinding(f *Facts, summary string, mend Remedy) []Finding {
	t := f.SecretTrial.Get()
	return []Finding{{
		Summary: summary,
		AADSTS:  t.AADSTS,
		Shown: []Evidence{{
			What: "answer to a token request with the client secret", Got: refusalText(t.AADSTS, t.OAuth, t.Text), Want: "a token",
			Portal: f.portal(bladeOf(t.AADSTS)), Command: tokenCommand(f),
		}},
		Mend: mend,
	}}
}

// tokenCommand asks for a token as the trial did; the secret is read from the
// terminal and stands in no list of processes.
func tokenCommand(f *Facts) string {
	id, err := entra.ParseClientID(f.Given.ClientID)
	tenant, errT := entra.ParseTenant(f.Given.Tenant)
	if err != nil || errT != nil {
		return ""
	}
	return `read -rs SECRET; printf %s "$SECRET" | ` + f.curl() + f.Cloud.TokenURL(tenant) + " -d grant_type=client_credentials -d client_id=" + string(id) +
		" -d scope=" + entra.ScopeName(entra.AzureDevOps, ".default") + " --data-urlencode client_secret@-"
}

func appNotInTenant(f *Facts) []Finding {
	if !f.refusedFor(aboutApp...) {
		return nil
	}
	t := f.SecretTrial.Get()
	app, tenant := strings.TrimSpace(f.Given.ClientID), strings.TrimSpace(f.Given.Tenant)
	switch t.AADSTS {
	case 7000112:
		return trialFinding(f, fmt.Sprintf("The app %s is disabled in the tenant %s.", app, tenant), Remedy{
			Say: "Let people sign in to the app again.", Who: entra.TenantAdmin, Portal: overviewOf(f),
			Steps: []string{"Ask who disabled it and why.", "Under Enterprise applications open the app, Properties, and set Enabled for users to sign in to Yes.", "Run the checks again."},
		})
	case 7000229:
		return trialFinding(f, fmt.Sprintf("The app %s is not present in the tenant %s: nobody there has consented to it yet.", app, tenant), Remedy{
			Say: "Let somebody of the tenant consent to the app.", Who: entra.TenantAdmin, Portal: overviewOf(f),
			Steps: []string{"Connect the integration once as a person of the tenant and accept, or let an administrator open the admin-consent link.", "With the consent the enterprise application comes into being.", "Run the checks again a minute later."},
		})
	}
	return trialFinding(f, fmt.Sprintf("The tenant %s has no app %s.", tenant, app), Remedy{
		Say: "Compare client ID and tenant with the app registration's overview.", Who: entra.AppOwner, Portal: overviewOf(f),
		Steps: []string{
			"If one of them is wrong, correct it in the integration.",
			"If both are right and the app is registered in another tenant, an administrator of this one has to consent to it first.",
			"If the app was registered a moment ago, wait a minute.",
		},
	})
}

// newSecretSteps lead to another secret in the integration.
var newSecretSteps = []string{
	"Under Certificates & secrets make a new client secret.",
	"Copy its column Value at once: it is shown one time only.",
	"Put it into the integration, then remove the old one from the registration.",
}

func secretExpired(f *Facts) []Finding {
	if !f.refusedFor(7000222) {
		return nil
	}
	return trialFinding(f, "The client secret is the right one, but it has expired.", Remedy{
		Say: "Make a new client secret and put it into the integration.", Who: entra.AppOwner, Portal: f.portal(entra.PortalSecrets), Steps: newSecretSteps,
	})
}

func secretForbidden(f *Facts) []Finding {
	if !f.refusedFor(700025, 9002327) {
		return nil
	}
	return trialFinding(f, "The app is a public client, and Microsoft takes no secret of one.", Remedy{
		Say: "Move the redirect URI to the platform Web.", Who: entra.AppOwner, Portal: f.portal(entra.PortalAuthentication),
		Steps: []string{"Under Authentication remove the redirect URI from Mobile and desktop applications or Single-page application.", "Add the same address under Web.", "Run the checks again."},
	})
}

// spreads is how long a new secret may take to be known everywhere.
const spreads = 2 * time.Minute

// secretAgeOpen: whether a refused secret is new, only the registration says.
func secretAgeOpen(f *Facts) *Gap {
	if gap := secretTrialOpen(f); gap != nil {
		return gap
	}
	if f.refusedFor(7000215) && !f.Application.Known() {
		return &Gap{Why: "Whether the refused secret was made a moment ago cannot be seen without the app registration.", Would: "Sign in to the directory, or wait two minutes and run the checks again.", NotGiven: true}
	}
	return nil
}

func secretTooNew(f *Facts) []Finding {
	s, ok := f.youngSecret()
	if !ok || !f.refusedFor(7000215) {
		return nil
	}
	age := f.Now.Sub(s.Start)
	return trialFinding(f, fmt.Sprintf("The client secret that begins with %s was made %s ago and is not known everywhere yet.", s.Hint, about(max(age, time.Second))), Remedy{
		Say: "Wait two minutes and run the checks again.", Who: entra.AppOwner, Portal: f.portal(entra.PortalSecrets),
		Steps: []string{"Wait two minutes.", "Run the checks again; if the secret is still refused, it is the wrong one."},
	})
}

// youngSecret is a secret of the registration that may be the given one and
// is younger than what a new one takes to spread.
func (f *Facts) youngSecret() (entra.Secret, bool) {
	app := f.Application.Or(nil)
	if app == nil {
		return entra.Secret{}, false
	}
	i := slices.IndexFunc(app.Secrets, func(s entra.Secret) bool {
		return s.Hint == f.Given.Secret.Hint && !s.Start.IsZero() && f.Now.Sub(s.Start) < spreads
	})
	if i < 0 {
		return entra.Secret{}, false
	}
	return app.Secrets[i], true
}

func secretRefusedNow(f *Facts) []Finding {
	t := f.SecretTrial.Get()
	if t.Accepted || f.refusedFor(aboutApp...) || f.refusedFor(7000222, 700025, 9002327) {
		return nil
	}
	if t.AADSTS == 7000215 {
		return trialFinding(f, "The client secret is not one of the app's.", Remedy{
			Say: "Give the integration the value of a secret of this app, or a new one.", Who: entra.AppOwner, Portal: f.portal(entra.PortalSecrets),
			Steps: append([]string{fmt.Sprintf("Under Certificates & secrets look for a secret whose value begins with %s: without one it belongs to another app or was removed.", hintWords(f.Given.Secret))}, newSecretSteps...),
		})
	}
	why := explain(t.AADSTS, t.OAuth)
	return trialFinding(f, fmt.Sprintf("The sign-in service answers %s: %s", refusalWords(t.AADSTS, t.OAuth), why.Cause), f.mendOf(t.AADSTS, why))
}

func hintWords(s SecretGiven) string {
	if s.Hint == "" {
		return "the same three characters"
	}
	return s.Hint
}
