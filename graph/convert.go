package graph

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"github.com/consentry/consentry/entra"
)

// str gives the string a property holds, empty for an absent one.
func str[S ~string](p *S) string {
	if p == nil {
		return ""
	}
	return string(*p)
}

func flag(p *bool) bool { return p != nil && *p }

func moment(p *time.Time) time.Time {
	if p == nil {
		return time.Time{}
	}
	return p.UTC()
}

// present leaves out the nulls of a list.
func present[T any](list []T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool { return any(v) == nil })
}

func application(m models.Applicationable) entra.Application {
	a := entra.Application{
		ID:              entra.ObjectID(str(m.GetId())),
		ClientID:        entra.ClientID(str(m.GetAppId())),
		DisplayName:     str(m.GetDisplayName()),
		Audience:        entra.Audience(str(m.GetSignInAudience())),
		Tags:            m.GetTags(),
		RedirectURIs:    redirectURIs(m),
		Permissions:     permissions(m),
		PublisherDomain: str(m.GetPublisherDomain()),
		Created:         moment(m.GetCreatedDateTime()),
		Verified:        verified(m.GetVerifiedPublisher()),
		PublicFlows:     flag(m.GetIsFallbackPublicClient()),

		IsDisabled:          disabled(m),
		DisabledByMicrosoft: str(m.GetDisabledByMicrosoftStatus()),
		PropertyLock:        propertyLock(m.GetServicePrincipalLockConfiguration()),
		IdentifierURIs:      append([]string(nil), m.GetIdentifierUris()...),
		Notes:               str(m.GetNotes()),
	}
	if w := m.GetWeb(); w != nil && w.GetImplicitGrantSettings() != nil {
		g := w.GetImplicitGrantSettings()
		a.ImplicitGrant = entra.ImplicitGrant{AccessTokens: flag(g.GetEnableAccessTokenIssuance()), IDTokens: flag(g.GetEnableIdTokenIssuance())}
	}
	for _, k := range present(m.GetKeyCredentials()) {
		a.Certificates = append(a.Certificates, certificate(k))
	}
	for _, p := range present(m.GetPasswordCredentials()) {
		a.Secrets = append(a.Secrets, secret(p))
	}
	return a
}

func verified(p models.VerifiedPublisherable) bool {
	return p != nil && str(p.GetVerifiedPublisherId()) != ""
}

// disabled reads a property that is newer than the SDK; nil when Graph left it
// out or null.
func disabled(m serialization.AdditionalDataHolder) *bool {
	v, _ := m.GetAdditionalData()["isDisabled"].(*bool)
	return v
}

func propertyLock(m models.ServicePrincipalLockConfigurationable) entra.PropertyLock {
	if m == nil {
		return entra.PropertyLock{}
	}
	return entra.PropertyLock{
		Enabled: flag(m.GetIsEnabled()), All: flag(m.GetAllProperties()), Verify: flag(m.GetCredentialsWithUsageVerify()),
		Sign: flag(m.GetCredentialsWithUsageSign()), TokenKeyIDs: flag(m.GetTokenEncryptionKeyId()),
	}
}

func certificate(k models.KeyCredentialable) entra.Certificate {
	c := entra.Certificate{
		Name: str(k.GetDisplayName()), Usage: str(k.GetUsage()),
		Start: moment(k.GetStartDateTime()), End: moment(k.GetEndDateTime()),
		Type: str(k.GetTypeEscaped()), Thumbprint: base64.StdEncoding.EncodeToString(k.GetCustomKeyIdentifier()),
	}
	if id := k.GetKeyId(); id != nil {
		c.KeyID = entra.KeyID(id.String())
	}
	if der := k.GetKey(); len(der) > 0 {
		c.Fingerprint = entra.Fingerprint(der)
	}
	return c
}

func redirectURIs(m models.Applicationable) []entra.RedirectURI {
	var out []entra.RedirectURI
	add := func(p entra.Platform, uris []string) {
		for _, u := range uris {
			out = append(out, entra.RedirectURI{URI: u, Platform: p})
		}
	}
	if w := m.GetWeb(); w != nil {
		add(entra.Web, w.GetRedirectUris())
	}
	if s := m.GetSpa(); s != nil {
		add(entra.SPA, s.GetRedirectUris())
	}
	if p := m.GetPublicClient(); p != nil {
		add(entra.PublicClient, p.GetRedirectUris())
	}
	return out
}

func permissions(m models.Applicationable) []entra.Permission {
	var out []entra.Permission
	for _, r := range present(m.GetRequiredResourceAccess()) {
		for _, a := range present(r.GetResourceAccess()) {
			p := entra.Permission{Resource: entra.ClientID(str(r.GetResourceAppId())), Kind: entra.PermissionKind(str(a.GetTypeEscaped()))}
			if id := a.GetId(); id != nil {
				p.ID = id.String()
			}
			out = append(out, p)
		}
	}
	return out
}

func secret(p models.PasswordCredentialable) entra.Secret {
	s := entra.Secret{
		Name:  str(p.GetDisplayName()),
		Hint:  str(p.GetHint()),
		Start: moment(p.GetStartDateTime()),
		End:   moment(p.GetEndDateTime()),
	}
	if id := p.GetKeyId(); id != nil {
		s.KeyID = entra.KeyID(id.String())
	}
	return s
}

func principal(m models.ServicePrincipalable) entra.ServicePrincipal {
	p := entra.ServicePrincipal{
		ID:                 entra.ObjectID(str(m.GetId())),
		ClientID:           entra.ClientID(str(m.GetAppId())),
		DisplayName:        str(m.GetDisplayName()),
		Enabled:            flag(m.GetAccountEnabled()),
		AssignmentRequired: flag(m.GetAppRoleAssignmentRequired()),

		IsDisabled:          disabled(m),
		DisabledByMicrosoft: str(m.GetDisabledByMicrosoftStatus()),
		Audience:            entra.Audience(str(m.GetSignInAudience())),
		Verified:            verified(m.GetVerifiedPublisher()),
		RedirectURIs:        append([]string(nil), m.GetReplyUrls()...),
	}
	if id := m.GetAppOwnerOrganizationId(); id != nil {
		p.OwnerTenant = entra.TenantID(id.String())
	}
	for _, s := range present(m.GetOauth2PermissionScopes()) {
		scope := entra.PublishedScope{
			Value:     str(s.GetValue()),
			Enabled:   flag(s.GetIsEnabled()),
			AdminOnly: str(s.GetTypeEscaped()) == "Admin",
		}
		if id := s.GetId(); id != nil {
			scope.ID = id.String()
		}
		p.Scopes = append(p.Scopes, scope)
	}
	return p
}

// person reads an owner: a user, or a service principal, which has no user
// principal name. Of an object of another type only the ID is known.
func person(m models.DirectoryObjectable) entra.Person {
	p := entra.Person{ID: entra.ObjectID(str(m.GetId()))}
	switch m := m.(type) {
	case models.Userable:
		p.DisplayName, p.UPN = str(m.GetDisplayName()), str(m.GetUserPrincipalName())
	case models.ServicePrincipalable:
		p.DisplayName = str(m.GetDisplayName())
	}
	return p
}

func grant(m models.OAuth2PermissionGrantable) entra.Grant {
	return entra.Grant{
		ID:        str(m.GetId()),
		Client:    entra.ObjectID(str(m.GetClientId())),
		Resource:  entra.ObjectID(str(m.GetResourceId())),
		Type:      entra.ConsentType(str(m.GetConsentType())),
		Principal: entra.ObjectID(str(m.GetPrincipalId())),
		Scopes:    strings.Fields(str(m.GetScope())),
	}
}
