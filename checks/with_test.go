package checks

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

// unlike is another kind of change, which no facts know.
type unlike struct{ entra.Change }

func TestFactsAfterAChange(t *testing.T) {
	yes, no := true, false
	single := entra.SingleTenant
	spa := []entra.RedirectURI{{URI: paragonURI, Platform: entra.SPA}}
	end := fixedNow.AddDate(0, 6, 0)
	tests := []struct {
		name   string
		before func(*Facts)
		change entra.Change
		want   func(*Facts)
	}{
		{"audience", nil, entra.UpdateApplication{App: paragonApp, Audience: &single}, app(func(a *entra.Application) { a.Audience = single })},
		{"redirect URIs", nil, entra.UpdateApplication{App: paragonApp, RedirectURIs: spa}, app(func(a *entra.Application) { a.RedirectURIs = spa })},
		{"permissions", nil, entra.UpdateApplication{App: paragonApp, Permissions: []entra.Permission{}}, app(func(a *entra.Application) { a.Permissions = []entra.Permission{} })},
		{"property lock", nil, entra.UpdateApplication{App: paragonApp, PropertyLock: &entra.PropertyLock{Enabled: true, All: true}},
			app(func(a *entra.Application) { a.PropertyLock = entra.PropertyLock{Enabled: true, All: true} })},
		{"implicit grant", app(func(a *entra.Application) { a.ImplicitGrant.IDTokens = true }), entra.UpdateApplication{App: paragonApp, ImplicitGrant: &entra.ImplicitGrant{}}, nil},
		{"another application", nil, entra.UpdateApplication{App: "another", Audience: &single}, nil},
		{"an application that is not known", forgetting(NeedApplication), entra.UpdateApplication{App: paragonApp, Audience: &single}, forgetting(NeedApplication)},
		{"an application that is not there", withoutApp, entra.UpdateApplication{App: paragonApp, Audience: &single}, withoutApp},
		{"something else", nil, unlike{}, nil},
		{"a certificate", nil, entra.AddCertificate{App: paragonApp, Certificate: entra.NewCertificate{KeyID: "c1", Name: "cert", End: end}}, app(func(a *entra.Application) {
			a.Certificates = []entra.Certificate{{KeyID: "c1", Name: "cert", Usage: "Verify", Type: entra.CertificateType, End: end}}
		})},
		{"a certificate that goes", app(func(a *entra.Application) { a.Certificates = []entra.Certificate{{KeyID: "c1"}} }), entra.RemoveCertificate{App: paragonApp, Key: "c1"},
			app(func(a *entra.Application) { a.Certificates = []entra.Certificate{} })},
		{"a federated credential", nil, entra.AddFederatedCredential{App: paragonApp, Credential: entra.FederatedCredential{Name: "main"}},
			app(func(a *entra.Application) { a.Federated = []entra.FederatedCredential{{Name: "main"}} })},
		{"a federated credential that goes", app(func(a *entra.Application) { a.Federated = []entra.FederatedCredential{{Name: "main"}} }), entra.RemoveFederatedCredential{App: paragonApp, Name: "main"},
			app(func(a *entra.Application) { a.Federated = []entra.FederatedCredential{} })},

		{"a new registration", withoutApp, entra.CreateApplication{DisplayName: "Paragon", Audience: entra.AnyOrganization}, func(f *Facts) {
			f.Application = Known(&entra.Application{ClientID: paragonID, DisplayName: "Paragon", Audience: entra.AnyOrganization, Created: fixedNow,
				PropertyLock: entra.PropertyLock{Enabled: true, All: true}}, f.Application.From)
		}},
		{"a registration beside the one there is", nil, entra.CreateApplication{DisplayName: "Paragon"}, nil},
		{"the registration deleted", nil, entra.DeleteApplication{App: paragonApp}, func(f *Facts) {
			withoutApp(f)
			f.Owners, f.Principal = Known([]entra.Person(nil), f.Owners.From), Known((*entra.ServicePrincipal)(nil), f.Principal.From)
			f.Assignments, f.Grants = Known(0, f.Assignments.From), Known([]entra.Grant{}, f.Grants.From)
			f.SecretTrial = Known(SecretTrial{AADSTS: 700016, OAuth: "unauthorized_client"}, f.SecretTrial.From)
			f.SignIn = Known(SignInProbe{OnPage: true, AADSTS: 700016, OAuth: "unauthorized_client"}, f.SignIn.From)
		}},
		{"another registration deleted", nil, entra.DeleteApplication{App: "another"}, nil},

		{"a secret that takes the place of an expired one", trialRefused(7000222), entra.AddSecret{App: paragonApp, Secret: entra.NewSecret{Name: "new", End: end}}, func(f *Facts) {
			app(func(a *entra.Application) {
				a.Secrets = append(slices.Clone(a.Secrets), entra.Secret{Name: "new", Start: fixedNow, End: end})
			})(f)
			f.Given.Secret = SecretGiven{Given: true, Shape: UsualShape}
		}},
		{"a secret where none was given", given(func(g *Given) { g.Secret = SecretGiven{} }), entra.AddSecret{App: paragonApp, Secret: entra.NewSecret{Name: "new", End: end}}, func(f *Facts) {
			app(func(a *entra.Application) {
				a.Secrets = append(slices.Clone(a.Secrets), entra.Secret{Name: "new", Start: fixedNow, End: end})
			})(f)
			f.Given.Secret = SecretGiven{}
		}},
		{"the secret in use removed", nil, entra.RemoveSecret{App: paragonApp, Key: paragonKey}, func(f *Facts) {
			app(func(a *entra.Application) { a.Secrets = []entra.Secret{} })(f)
			trialRefused(7000215)(f)
		}},
		{"an expired secret removed", withOldSecret, entra.RemoveSecret{App: paragonApp, Key: "old"}, nil},

		{"a second owner", func(f *Facts) { f.Owners = Known([]entra.Person{person(adele, "adele")}, f.Owners.From) },
			entra.AddOwner{App: paragonApp, Owner: person(megan, "megan")}, nil},
		{"an owner who is one", nil, entra.AddOwner{App: paragonApp, Owner: person(megan, "megan")}, nil},
		{"an owner of another application", nil, entra.AddOwner{App: "another", Owner: person("new", "new")}, nil},

		{"the service principal created", func(f *Facts) { withoutPrincipal(f); trialRefused(7000229)(f) }, entra.CreateServicePrincipal{ClientID: paragonID, DisplayName: "Paragon"}, func(f *Facts) {
			f.Principal = Known(&entra.ServicePrincipal{ClientID: paragonID, DisplayName: "Paragon", Enabled: true, Audience: entra.AnyOrganization, Verified: true, OwnerTenant: contoso}, f.Principal.From)
		}},
		{"Azure DevOps created in the tenant", withoutDevOps, entra.CreateServicePrincipal{ClientID: entra.AzureDevOps, DisplayName: "Azure DevOps"}, func(f *Facts) {
			made := f.Resources.Get()[entra.AzureDevOps]
			made.ID, made.OwnerTenant = "", ""
			f.Resources.Get()[entra.AzureDevOps] = made
		}},
		{"the service principal switched on", func(f *Facts) {
			changePrincipal(func(p *entra.ServicePrincipal) { p.Enabled = false })(f)
			trialRefused(7000112)(f)
			probeRefused(7000112)(f)
		},
			entra.UpdateServicePrincipal{ID: paragonSP, Enabled: &yes}, func(f *Facts) { probeTaken(f) }},
		{"assignment no longer required", changePrincipal(func(p *entra.ServicePrincipal) { p.AssignmentRequired = true }),
			entra.UpdateServicePrincipal{ID: paragonSP, AssignmentRequired: &no}, nil},
		{"Azure DevOps switched off", nil, entra.UpdateServicePrincipal{ID: devopsSP, Enabled: &no}, func(f *Facts) {
			p := f.Resources.Get()[entra.AzureDevOps]
			p.Enabled = false
			f.Resources.Get()[entra.AzureDevOps] = p
		}},
		{"the service principal deleted", nil, entra.DeleteServicePrincipal{ID: paragonSP}, func(f *Facts) {
			withoutPrincipal(f)
			f.Assignments, f.Grants = Known(0, f.Assignments.From), Known([]entra.Grant{}, f.Grants.From)
		}},

		{"consent of another scope", nil, entra.CreateGrant{Client: paragonSP, Resource: devopsSP, Type: entra.Principal, Principal: adele, Scopes: []string{"vso.work"}}, func(f *Facts) {
			f.Grants = Known(append(f.Grants.Get(), entra.Grant{Client: paragonSP, Resource: devopsSP, Type: entra.Principal, Principal: adele, Scopes: []string{"vso.work"}}), f.Grants.From)
		}},
		{"consent of somebody", nil, entra.CreateGrant{Client: paragonSP, Resource: devopsSP, Type: entra.Principal, Principal: megan, Scopes: []string{"vso.work"}}, func(f *Facts) {
			f.Grants = Known(append(f.Grants.Get(), entra.Grant{Client: paragonSP, Resource: devopsSP, Type: entra.Principal, Principal: megan, Scopes: []string{"vso.work"}}), f.Grants.From)
		}},
		{"consent extended", nil, entra.SetGrantScopes{Grant: "grant-devops", Scopes: []string{"vso.work", "vso.code"}}, func(f *Facts) {
			f.Grants.Get()[0].Scopes = []string{"vso.work", "vso.code"}
		}},
		{"consent revoked", nil, entra.DeleteGrant{Grant: "grant-devops"}, func(f *Facts) {
			f.Grants = Known(f.Grants.Get()[1:], f.Grants.From)
		}},
		{"consents that are not known", forgetting(NeedGrants), entra.DeleteGrant{Grant: "grant-devops"}, forgetting(NeedGrants)},

		{"the redirect URI added that sign-in missed", func(f *Facts) {
			app(func(a *entra.Application) { a.RedirectURIs = nil })(f)
			probeRefused(50011)(f)
		}, entra.UpdateApplication{App: paragonApp, RedirectURIs: []entra.RedirectURI{{URI: paragonURI, Platform: entra.Web}}}, probeTaken},
		{"another redirect URI than the one sign-in missed", func(f *Facts) {
			app(func(a *entra.Application) { a.RedirectURIs = nil })(f)
			probeRefused(50011)(f)
		}, entra.UpdateApplication{App: paragonApp, RedirectURIs: []entra.RedirectURI{{URI: "https://other.example", Platform: entra.Web}}}, func(f *Facts) {
			app(func(a *entra.Application) {
				a.RedirectURIs = []entra.RedirectURI{{URI: "https://other.example", Platform: entra.Web}}
			})(f)
			probeRefused(50011)(f)
		}},
		{"open to any organization, as sign-in asked for", func(f *Facts) {
			app(func(a *entra.Application) { a.Audience = single })(f)
			probeRefused(50194)(f)
		}, entra.UpdateApplication{App: paragonApp, Audience: new(entra.AnyOrganization)}, probeTaken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, want := healthy(), healthy()
			if tt.before != nil {
				tt.before(&before)
			}
			if tt.want != nil {
				tt.want(&want)
			}
			asTheyWere := asText(t, before)
			after := before.With(tt.change)
			if !reflect.DeepEqual(after, want) {
				t.Errorf("after:\n%s\nwant:\n%s", asText(t, after), asText(t, want))
			}
			if now := asText(t, before); now != asTheyWere {
				t.Errorf("the facts before are changed:\n%s\nwere:\n%s", now, asTheyWere)
			}
		})
	}
}

func asText(t *testing.T, f Facts) string {
	t.Helper()
	data, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func forgetting(n Need) func(*Facts) { return func(f *Facts) { f.Forget(n, "why", "would") } }

func withoutApp(f *Facts) { f.Application = Known((*entra.Application)(nil), f.Application.From) }

func withoutPrincipal(f *Facts) {
	f.Principal = Known((*entra.ServicePrincipal)(nil), f.Principal.From)
}

func withoutDevOps(f *Facts) { delete(f.Resources.Get(), entra.AzureDevOps) }

func withOldSecret(f *Facts) {
	app(func(a *entra.Application) {
		a.Secrets = append(slices.Clone(a.Secrets), entra.Secret{KeyID: "old", Hint: "k9X", End: fixedNow.Add(-time.Hour)})
	})(f)
}

func changePrincipal(how func(*entra.ServicePrincipal)) func(*Facts) {
	return func(f *Facts) {
		p := *f.Principal.Get()
		how(&p)
		f.Principal = Known(&p, f.Principal.From)
	}
}

func trialRefused(aadsts int) func(*Facts) {
	return func(f *Facts) {
		f.SecretTrial = Known(SecretTrial{AADSTS: aadsts, OAuth: oauthErrorOf(aadsts)}, f.SecretTrial.From)
	}
}

func oauthErrorOf(aadsts int) string {
	known, _ := entra.LookupAADSTS(aadsts)
	return known.OAuth
}

func probeRefused(aadsts int) func(*Facts) {
	return func(f *Facts) { f.SignIn = Known(SignInProbe{OnPage: true, AADSTS: aadsts}, f.SignIn.From) }
}

func probeTaken(f *Facts) {
	f.SignIn = Known(SignInProbe{Accepted: true, AADSTS: 50058, OAuth: "login_required"}, f.SignIn.From)
}
