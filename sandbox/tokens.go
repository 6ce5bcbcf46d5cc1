package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"time"
)

const accessTokenVersion = "1.0"

// memberWid stands in wids for every member of a tenant besides their roles.
const memberWid = "b79fbf4d-3ef9-4689-8143-76b194e85509"

// accessClaims is the payload of an access token in its v1.0 form, which
// Microsoft Graph and Azure DevOps take whichever endpoint issued it.
type accessClaims struct {
	Audience       string   `json:"aud"`
	Issuer         string   `json:"iss"`
	Issued         int64    `json:"iat"`
	NotBefore      int64    `json:"nbf"`
	Expires        int64    `json:"exp"`
	ACR            string   `json:"acr,omitempty"`
	AIO            string   `json:"aio"`
	AMR            []string `json:"amr,omitempty"`
	AppDisplayName string   `json:"app_displayname,omitempty"`
	AppID          string   `json:"appid"`
	AppIDACR       string   `json:"appidacr"`
	FamilyName     string   `json:"family_name,omitempty"`
	GivenName      string   `json:"given_name,omitempty"`
	IDP            string   `json:"idp,omitempty"`
	IDType         string   `json:"idtyp,omitempty"`
	IPAddress      string   `json:"ipaddr,omitempty"`
	Name           string   `json:"name,omitempty"`
	ObjectID       string   `json:"oid"`
	RH             string   `json:"rh"`
	Roles          []string `json:"roles,omitempty"`
	Scopes         string   `json:"scp,omitempty"`
	Subject        string   `json:"sub"`
	RegionScope    string   `json:"tenant_region_scope,omitempty"`
	Tenant         string   `json:"tid"`
	UniqueName     string   `json:"unique_name,omitempty"`
	UPN            string   `json:"upn,omitempty"`
	UTI            string   `json:"uti"`
	Version        string   `json:"ver"`
	Wids           []string `json:"wids,omitempty"`
}

// How the client proved who it is (claim appidacr).
const (
	publicClientACR = "0"
	secretACR       = "1"
	certificateACR  = "2"
)

// An accessGrant is what one access token is about.
type accessGrant struct {
	tenant    *tenant
	client    *application
	clientACR string
	resource  string // appId
	audience  string // as the client named the resource

	// With a user:
	subject *subject
	scopes  []string
	address string
	// Without:
	principal *servicePrincipal
	roles     []string
}

// accessToken signs an access token. Lifetimes are random between 60 and 90
// minutes, as the default token lifetime of Entra is.
func (s *loginState) accessToken(g accessGrant, now time.Time) (token string, lifetime time.Duration, err error) {
	lifetime = time.Hour - time.Second + rand.N(30*time.Minute).Truncate(time.Second)
	c := accessClaims{
		Audience: g.audience, Issuer: stsIssuer(g.tenant.ID),
		Issued: now.Unix(), NotBefore: now.Unix(), Expires: now.Add(lifetime).Unix(),
		AIO: opaque("E2Zg", 18), AppID: g.client.AppID, AppIDACR: g.clientACR,
		RH: opaque("0.A", 27), Tenant: g.tenant.ID, UTI: opaque("", 16), Version: accessTokenVersion,
	}
	if g.subject != nil {
		g.describeUser(&c)
	} else {
		c.IDP, c.ObjectID, c.Subject, c.Roles = c.Issuer, g.principal.ID, g.principal.ID, g.roles
	}
	if g.resource == graphAppID {
		g.describeForGraph(&c)
	}
	token, err = s.sign(c)
	return token, lifetime, err
}

func (g accessGrant) describeUser(c *accessClaims) {
	u := g.subject.user
	c.ACR, c.AMR, c.IPAddress = "1", []string{"pwd"}, g.address
	c.FamilyName, c.GivenName, c.Name = u.Surname, u.GivenName, u.DisplayName
	c.ObjectID, c.UPN, c.UniqueName = u.ID, u.UserPrincipalName, u.UserPrincipalName
	c.Subject = pairwise(u.ID, g.resource)
	c.Scopes, c.Roles = joinScopes(g.scopes), g.tenant.rolesOf(u, g.resource)
	if g.subject.home.ID != g.tenant.ID {
		c.IDP = stsIssuer(g.subject.home.ID)
	}
}

func (g accessGrant) describeForGraph(c *accessClaims) {
	c.AppDisplayName, c.RegionScope, c.IDType = g.client.DisplayName, "EU", "app"
	if g.subject != nil {
		c.IDType = "user"
		c.Wids = append(append([]string{}, g.subject.user.Roles...), memberWid)
	}
}

// idClaims is the payload of an ID token, v2.0 or v1.0.
type idClaims struct {
	Audience          string   `json:"aud"`
	Issuer            string   `json:"iss"`
	Issued            int64    `json:"iat"`
	NotBefore         int64    `json:"nbf"`
	Expires           int64    `json:"exp"`
	AccessTokenHash   string   `json:"at_hash,omitempty"`
	AIO               string   `json:"aio"`
	AuthTime          int64    `json:"auth_time,omitempty"`
	CodeHash          string   `json:"c_hash,omitempty"`
	Email             string   `json:"email,omitempty"`
	FamilyName        string   `json:"family_name,omitempty"`
	GivenName         string   `json:"given_name,omitempty"`
	IDP               string   `json:"idp,omitempty"`
	Name              string   `json:"name,omitempty"`
	Nonce             string   `json:"nonce,omitempty"`
	ObjectID          string   `json:"oid,omitempty"`
	PreferredUsername string   `json:"preferred_username,omitempty"`
	RH                string   `json:"rh"`
	Roles             []string `json:"roles,omitempty"`
	Subject           string   `json:"sub"`
	Tenant            string   `json:"tid"`
	UniqueName        string   `json:"unique_name,omitempty"`
	UPN               string   `json:"upn,omitempty"`
	UTI               string   `json:"uti"`
	Version           string   `json:"ver"`
}

// An idGrant is what one ID token is about. Code and access token are those
// that leave in the same answer of the authorization endpoint, if any.
type idGrant struct {
	v1            bool
	client        client
	subject       *subject
	oidc          []string
	nonce         string
	code, token   string
	authenticated authentication
}

// idToken signs an ID token, valid for an hour. Its issuer follows the host
// that the client reached the service under, like the discovery document's.
func (v *visit) idToken(g idGrant) string {
	u, tenantID := g.subject.user, g.subject.tenant.ID
	c := idClaims{
		Audience: g.client.AppID, Issuer: v.issuer(tenantID),
		Issued: v.at.Unix(), NotBefore: v.at.Unix(), Expires: v.at.Add(time.Hour).Unix(),
		AIO: opaque("AT", 30), RH: opaque("0.A", 27), UTI: opaque("", 16),
		Nonce: g.nonce, ObjectID: u.ID, Subject: pairwise(u.ID, g.client.AppID), Tenant: tenantID,
		AuthTime: g.authTime(), Roles: g.subject.tenant.rolesOf(u, g.client.AppID),
		CodeHash: halfHash(g.code), AccessTokenHash: halfHash(g.token), Version: "2.0",
	}
	if g.subject.home.ID != tenantID {
		c.IDP = stsIssuer(g.subject.home.ID)
	}
	if g.v1 {
		c.Issuer, c.Version = stsIssuer(tenantID), "1.0"
		c.UPN, c.UniqueName, c.Name = u.UserPrincipalName, u.UserPrincipalName, u.DisplayName
		c.FamilyName, c.GivenName = u.Surname, u.GivenName
		return v.sign(c)
	}
	if has(g.oidc, "profile") {
		c.Name, c.PreferredUsername = u.DisplayName, u.UserPrincipalName
	}
	if has(g.oidc, "email") {
		c.Email = u.Mail
	}
	return v.sign(c)
}

// issuer is the issuer of v2.0 ID tokens and of the discovery document.
func (v *visit) issuer(tenantID string) string { return v.origin + "/" + tenantID + "/v2.0" }

// sign makes a JWT. When that fails the whole answer does, see failed.
func (v *visit) sign(claims any) string {
	token, err := v.world.login.sign(claims)
	if err != nil {
		v.failed = err
	}
	return token
}

func (s *loginState) sign(claims any) (string, error) {
	key, err := s.key()
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := key.signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// stsIssuer is the issuer of v1.0 tokens; it names the public cloud's token
// service whatever the host of the request.
func stsIssuer(tenantID string) string { return "https://sts.windows.net/" + tenantID + "/" }

// pairwise is a subject that differs per client or resource.
func pairwise(userID, party string) string {
	sum := sha256.Sum256([]byte(userID + "\x00" + party))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// halfHash is at_hash and c_hash of OpenID Connect Core 3.1.3.6 for RS256.
func halfHash(value string) string {
	if value == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(value))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
