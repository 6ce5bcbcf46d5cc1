package sandbox

import (
	"reflect"
	"slices"
	"time"
)

// The values of signInAudience.
const (
	audienceSingleTenant = "AzureADMyOrg"
	audienceMultitenant  = "AzureADMultipleOrgs"
	audienceAndPersonal  = "AzureADandPersonalMicrosoftAccount"
	audiencePersonalOnly = "PersonalMicrosoftAccount"
)

// newApplication returns a registration with new ids and everything else as
// Microsoft Graph fills it in, for t.addApp.
func newApplication(t *tenant, displayName, audience string, now time.Time) *application {
	return normalized(&application{
		ID: newGUID(), AppID: newGUID(), CreatedDateTime: now.UTC().Truncate(time.Second),
		DisplayName: displayName, SignInAudience: audience, PublisherDomain: &t.Domain,
		ParentalControls: parentalControls{LegalAgeGroupRule: "Allow"},
	})
}

// newPrincipal returns the service principal that an application registered
// in the home tenant gets in any tenant, for t.addPrincipal. Users of the
// admin centre find it by its tag under Enterprise applications.
func newPrincipal(a *application, home *tenant) *servicePrincipal {
	sp := foreignPrincipal(a.AppID, a.DisplayName, home.ID)
	sp.Tags = []string{"WindowsAzureActiveDirectoryIntegratedApp"}
	return sp.following(a)
}

// following returns a copy with what a service principal takes over from its
// application.
func (sp *servicePrincipal) following(a *application) *servicePrincipal {
	next := *sp
	next.follow(a)
	return &next
}

func (sp *servicePrincipal) follow(a *application) {
	sp.AppDisplayName, sp.DisplayName = a.DisplayName, a.DisplayName
	sp.AppDescription, sp.SignInAudience = a.Description, &a.SignInAudience
	sp.Homepage, sp.LogoutURL, sp.Info = a.Web.HomePageURL, a.Web.LogoutURL, a.Info
	sp.ReplyURLs = a.redirectURIs()
	sp.ServicePrincipalNames = append([]string{a.AppID}, a.IdentifierURIs...)
	sp.OAuth2PermissionScopes, sp.AppRoles = a.API.OAuth2PermissionScopes, a.AppRoles
	sp.AddIns, sp.VerifiedPublisher = a.AddIns, a.VerifiedPublisher
}

// redirectURIs are those of all platforms.
func (a *application) redirectURIs() []string {
	return slices.Concat([]string{}, a.Web.RedirectURIs, a.SPA.RedirectURIs, a.PublicClient.RedirectURIs)
}

// normalized gives every collection that is nil its place on the wire: Graph
// answers [] where a collection holds nothing, never null.
func normalized[T any](v *T) *T {
	fillCollections(reflect.ValueOf(v).Elem())
	return v
}

func fillCollections(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fillCollections(v.Elem())
		}
	case reflect.Slice:
		if v.IsNil() && v.CanSet() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			fillCollections(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				fillCollections(f)
			}
		}
	}
}
