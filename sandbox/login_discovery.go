package sandbox

import (
	"net/http"
	"net/url"
	"strings"
)

// discoveryDocument is the OpenID Connect metadata, its fields in the order
// of the service's own.
type discoveryDocument struct {
	TokenEndpoint            string   `json:"token_endpoint"`
	TokenEndpointAuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	JWKSURI                  string   `json:"jwks_uri"`
	ResponseModes            []string `json:"response_modes_supported"`
	SubjectTypes             []string `json:"subject_types_supported"`
	IDTokenSigningAlgorithms []string `json:"id_token_signing_alg_values_supported"`
	ResponseTypes            []string `json:"response_types_supported"`
	Scopes                   []string `json:"scopes_supported"`
	Issuer                   string   `json:"issuer"`
	RequestURIParameter      bool     `json:"request_uri_parameter_supported"`
	UserinfoEndpoint         string   `json:"userinfo_endpoint"`
	AuthorizationEndpoint    string   `json:"authorization_endpoint"`
	DeviceEndpoint           string   `json:"device_authorization_endpoint"`
	HTTPLogout               bool     `json:"http_logout_supported"`
	FrontchannelLogout       bool     `json:"frontchannel_logout_supported"`
	EndSessionEndpoint       string   `json:"end_session_endpoint"`
	Claims                   []string `json:"claims_supported"`
	KerberosEndpoint         string   `json:"kerberos_endpoint"`
	TenantRegionScope        *string  `json:"tenant_region_scope"`
	CloudInstanceName        string   `json:"cloud_instance_name"`
	CloudGraphHostName       string   `json:"cloud_graph_host_name"`
	MSGraphHost              string   `json:"msgraph_host"`
	RBACURL                  string   `json:"rbac_url"`
}

// discovery is GET /{tenant}/v2.0/.well-known/openid-configuration.
func (v *visit) discovery() *loginAnswer {
	at, e := v.segment()
	if e != nil {
		return v.errorJSON(e)
	}
	return v.metadata(v.describeEndpoints(at, "/v2.0"))
}

// discoveryV1 is the document of the endpoints without "v2.0".
func (v *visit) discoveryV1() *loginAnswer {
	at, e := v.segment()
	if e != nil {
		return v.errorJSON(e)
	}
	d := v.describeEndpoints(at, "")
	d.Issuer = stsIssuer(issuerTenant(at))
	d.JWKSURI = v.origin + "/" + segmentCommon + "/discovery/keys"
	return v.metadata(d)
}

// describeEndpoints names the tenant by its id, however it was asked for.
func (v *visit) describeEndpoints(at tenantSegment, version string) discoveryDocument {
	base := v.origin + "/" + at.key()
	d := discoveryDocument{
		TokenEndpoint:            base + "/oauth2" + version + "/token",
		TokenEndpointAuthMethods: []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		JWKSURI:                  base + "/discovery" + version + "/keys",
		ResponseModes:            []string{modeQuery, modeFragment, modeFormPost},
		SubjectTypes:             []string{"pairwise"},
		IDTokenSigningAlgorithms: []string{"RS256"},
		ResponseTypes:            []string{"code", "id_token", "code id_token", "id_token token"},
		Scopes:                   []string{"openid", "profile", "email", "offline_access"},
		Issuer:                   v.issuer(issuerTenant(at)),
		UserinfoEndpoint:         siblingOrigin(v.request, serviceGraph) + "/oidc/userinfo",
		AuthorizationEndpoint:    base + "/oauth2" + version + "/authorize",
		DeviceEndpoint:           base + "/oauth2" + version + "/devicecode",
		HTTPLogout:               true,
		FrontchannelLogout:       true,
		EndSessionEndpoint:       base + "/oauth2" + version + "/logout",
		Claims: []string{
			"sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host",
			"aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email",
		},
		KerberosEndpoint:  base + "/kerberos",
		CloudInstanceName: cloudInstance, CloudGraphHostName: "graph.windows.net",
		MSGraphHost: "graph.microsoft.com", RBACURL: "https://pas.windows.net",
	}
	if at.tenant != nil {
		region := "EU"
		d.TenantRegionScope = &region
	}
	return d
}

// issuerTenant is the tenant part of the issuer: common and organizations
// have a placeholder there, which a client replaces by the token's tid.
func issuerTenant(at tenantSegment) string {
	switch {
	case at.tenant != nil:
		return at.tenant.ID
	case at.shared == segmentConsumers:
		return personalTenantID
	}
	return "{tenantid}"
}

// keys is GET /{tenant}/discovery/v2.0/keys.
func (v *visit) keys() *loginAnswer {
	at, e := v.segment()
	if e != nil {
		return v.errorJSON(e)
	}
	key, err := v.world.login.key()
	if err != nil {
		return broken(err)
	}
	return v.metadata(map[string][]publishedKey{"keys": {key.published(v.issuer(issuerTenant(at)))}})
}

// instanceDocument is what Microsoft's client libraries ask before they trust
// an authority.
type instanceDocument struct {
	TenantDiscoveryEndpoint string         `json:"tenant_discovery_endpoint"`
	APIVersion              string         `json:"api-version"`
	Metadata                []instanceHost `json:"metadata"`
}

type instanceHost struct {
	PreferredNetwork string   `json:"preferred_network"`
	PreferredCache   string   `json:"preferred_cache"`
	Aliases          []string `json:"aliases"`
}

// instances is GET /common/discovery/instance.
func (v *visit) instances() *loginAnswer {
	asked, err := url.Parse(v.param("authorization_endpoint"))
	if v.param("authorization_endpoint") == "" {
		return v.errorJSON(aadsts(900144, "parameter", "authorization_endpoint"))
	}
	here := v.instanceHost()
	if err != nil || !containsFold(here.Aliases, []string{asked.Host}) {
		return v.errorJSON(aadsts(50049))
	}
	endpoint, _ := url.JoinPath(v.origin, instanceTenant(v.origin, asked), "v2.0/.well-known/openid-configuration")
	return v.json(http.StatusOK, instanceDocument{
		TenantDiscoveryEndpoint: endpoint, APIVersion: "1.1",
		Metadata: []instanceHost{here},
	})
}

// instanceHost is the host of this cloud, under the public names with those
// that client libraries take for the same
// [AzureAD/microsoft-authentication-library-for-js].
func (v *visit) instanceHost() instanceHost {
	host := callerHost(v.request)
	if isPublicHost(host) && publicPort(host) == "" {
		host = hostname(host)
		return instanceHost{PreferredNetwork: host, PreferredCache: loginAliases[0], Aliases: append([]string{host}, loginAliases...)}
	}
	return instanceHost{PreferredNetwork: host, PreferredCache: host, Aliases: []string{host}}
}

// instanceTenant is the {tenant} of the authorization endpoint asked about.
func instanceTenant(origin string, asked *url.URL) string {
	path := asked.Path
	if base, err := url.Parse(origin); err == nil {
		path = strings.TrimPrefix(path, base.Path)
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return name
}
