package graph

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/consentry/consentry/entra"
)

// The SDK's constructors set "@odata.type" on entities. Graph does not need
// it here, and the person was shown a body without it.

func newApplicationBody(ch entra.CreateApplication) (models.Applicationable, error) {
	required, err := requiredAccess(ch.Permissions)
	if err != nil {
		return nil, err
	}
	m := models.NewApplication()
	m.SetOdataType(nil)
	m.SetDisplayName(&ch.DisplayName)
	m.SetSignInAudience(new(string(ch.Audience)))
	if len(ch.Tags) > 0 {
		m.SetTags(ch.Tags)
	}
	if len(required) > 0 {
		m.SetRequiredResourceAccess(required)
	}
	if ch.Secret != nil {
		m.SetPasswordCredentials([]models.PasswordCredentialable{passwordBody(*ch.Secret)})
	}
	setRedirectURIs(m, ch.RedirectURIs, false)
	m.GetWeb().SetImplicitGrantSettings(implicitGrant(entra.ImplicitGrant{}))
	lock := models.NewServicePrincipalLockConfiguration()
	lock.SetIsEnabled(new(true))
	lock.SetAllProperties(new(true))
	m.SetServicePrincipalLockConfiguration(lock)
	api := models.NewApiApplication()
	api.SetRequestedAccessTokenVersion(new(int32(2)))
	m.SetApi(api)
	return m, nil
}

func implicitGrant(g entra.ImplicitGrant) models.ImplicitGrantSettingsable {
	s := models.NewImplicitGrantSettings()
	s.SetEnableAccessTokenIssuance(&g.AccessTokens)
	s.SetEnableIdTokenIssuance(&g.IDTokens)
	return s
}

func lockBody(l entra.PropertyLock) models.ServicePrincipalLockConfigurationable {
	m := models.NewServicePrincipalLockConfiguration()
	m.SetIsEnabled(&l.Enabled)
	m.SetAllProperties(&l.All)
	m.SetCredentialsWithUsageVerify(&l.Verify)
	m.SetCredentialsWithUsageSign(&l.Sign)
	m.SetTokenEncryptionKeyId(&l.TokenKeyIDs)
	return m
}

// applicationPatch holds only what changes. A list that becomes empty is sent
// as []: a nil one would be left out, and stay as it is.
func applicationPatch(ch entra.UpdateApplication) (models.Applicationable, error) {
	m := models.NewApplication()
	m.SetOdataType(nil)
	m.SetDisplayName(ch.DisplayName)
	if ch.Audience != nil {
		m.SetSignInAudience(new(string(*ch.Audience)))
	}
	if ch.Tags != nil {
		m.SetTags(ch.Tags)
	}
	if ch.RedirectURIs != nil {
		setRedirectURIs(m, ch.RedirectURIs, true)
	}
	if ch.Permissions != nil {
		required, err := requiredAccess(ch.Permissions)
		if err != nil {
			return nil, err
		}
		m.SetRequiredResourceAccess(required)
	}
	if ch.ImplicitGrant != nil {
		if m.GetWeb() == nil {
			m.SetWeb(models.NewWebApplication())
		}
		m.GetWeb().SetImplicitGrantSettings(implicitGrant(*ch.ImplicitGrant))
	}
	if ch.PropertyLock != nil {
		m.SetServicePrincipalLockConfiguration(lockBody(*ch.PropertyLock))
	}
	return m, nil
}

func principalPatch(ch entra.UpdateServicePrincipal) models.ServicePrincipalable {
	m := models.NewServicePrincipal()
	m.SetOdataType(nil)
	m.SetAccountEnabled(ch.Enabled)
	m.SetAppRoleAssignmentRequired(ch.AssignmentRequired)
	return m
}

// setRedirectURIs sets the list of the web platform and of each other that
// has one, or of every platform.
func setRedirectURIs(m models.Applicationable, uris []entra.RedirectURI, every bool) {
	of := func(p entra.Platform) []string {
		out := []string{}
		for _, u := range uris {
			if u.Platform == p {
				out = append(out, u.URI)
			}
		}
		return out
	}
	w := models.NewWebApplication()
	w.SetRedirectUris(of(entra.Web))
	m.SetWeb(w)
	if list := of(entra.SPA); every || len(list) > 0 {
		s := models.NewSpaApplication()
		s.SetRedirectUris(list)
		m.SetSpa(s)
	}
	if list := of(entra.PublicClient); every || len(list) > 0 {
		p := models.NewPublicClientApplication()
		p.SetRedirectUris(list)
		m.SetPublicClient(p)
	}
}

// requiredAccess groups permissions by resource, in order of first mention.
// It never returns nil without an error.
func requiredAccess(permissions []entra.Permission) ([]models.RequiredResourceAccessable, error) {
	out := []models.RequiredResourceAccessable{}
	at := map[entra.ClientID]int{}
	for _, p := range permissions {
		id, err := uuid.Parse(p.ID)
		if err != nil {
			return nil, fmt.Errorf("permission %q of %s is not named by its GUID", p.ID, p.Resource)
		}
		i, known := at[p.Resource]
		if !known {
			i = len(out)
			at[p.Resource] = i
			r := models.NewRequiredResourceAccess()
			r.SetResourceAppId(new(string(p.Resource)))
			out = append(out, r)
		}
		a := models.NewResourceAccess()
		a.SetId(&id)
		a.SetTypeEscaped(new(string(p.Kind)))
		out[i].SetResourceAccess(append(out[i].GetResourceAccess(), a))
	}
	return out, nil
}

func passwordBody(s entra.NewSecret) models.PasswordCredentialable {
	m := models.NewPasswordCredential()
	m.SetDisplayName(&s.Name)
	m.SetEndDateTime(new(s.End.UTC().Truncate(time.Second)))
	return m
}

func grantBody(ch entra.CreateGrant) models.OAuth2PermissionGrantable {
	m := models.NewOAuth2PermissionGrant()
	m.SetClientId(new(string(ch.Client)))
	m.SetConsentType(new(string(ch.Type)))
	if ch.Type == entra.Principal {
		m.SetPrincipalId(new(string(ch.Principal)))
	}
	m.SetResourceId(new(string(ch.Resource)))
	m.SetScope(new(strings.Join(ch.Scopes, " ")))
	return m
}

func scopesBody(scopes []string) models.OAuth2PermissionGrantable {
	m := models.NewOAuth2PermissionGrant()
	m.SetScope(new(strings.Join(scopes, " ")))
	return m
}
