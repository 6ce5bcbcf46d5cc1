package sandbox

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

const sliceFile = "../../shared/contracts/graph-v1.0-slice.json"

// A metadataType is a type of Microsoft Graph's official metadata.
type metadataType struct {
	Kind       string
	Base       string
	Properties map[string]string
}

type metadata map[string]metadataType

func officialMetadata(t *testing.T) metadata {
	t.Helper()
	data, err := os.ReadFile(sliceFile)
	if err != nil {
		t.Skip("the slice of Microsoft Graph's metadata is not beside this checkout, so shapes are not compared")
	}
	var file struct{ Types metadata }
	if err := json.Unmarshal(data, &file); err != nil || len(file.Types) == 0 {
		t.Fatalf("the slice cannot be read: %v", err)
	}
	return file.Types
}

// property finds the type of a property, in base types too.
func (m metadata) property(of, name string) (string, bool) {
	for of != "" {
		if kind, ok := m[of].Properties[name]; ok {
			return kind, true
		}
		of = m[of].Base
	}
	return "", false
}

// compare reports what v has on the wire and the type has not.
func (m metadata) compare(t *testing.T, at, kind string, v any) {
	t.Helper()
	kind = strings.TrimSuffix(kind, " (not null)")
	inner, isList := strings.CutPrefix(kind, "Collection(")
	if isList {
		list, ok := v.([]any)
		if !ok {
			t.Errorf("%s: %v is not a collection", at, v)
		}
		for _, item := range list {
			m.compare(t, at, strings.TrimSuffix(inner, ")"), item)
		}
		return
	}
	object, isObject := v.(map[string]any)
	if name, structured := strings.CutPrefix(kind, "graph."); structured && isObject {
		m.compareObject(t, at, "microsoft.graph."+name, object)
	} else if isObject {
		t.Errorf("%s: an object where %s is", at, kind)
	}
}

func (m metadata) compareObject(t *testing.T, at, of string, object map[string]any) {
	t.Helper()
	if _, known := m[of]; !known {
		t.Errorf("%s: the slice has no type %s", at, of)
		return
	}
	for name, v := range object {
		if strings.HasPrefix(name, "@odata.") {
			continue
		}
		kind, known := m.property(of, name)
		if !known {
			t.Errorf("%s: %s has no property %s", at, of, name)
			continue
		}
		if v == nil && strings.HasSuffix(kind, "(not null)") {
			t.Errorf("%s: %s of %s must not be null", at, name, of)
			continue
		}
		if v != nil {
			m.compare(t, at+"/"+name, kind, v)
		}
	}
}

// TestEveryPropertyIsInTheOfficialMetadata walks an answer of every shape.
func TestEveryPropertyIsInTheOfficialMetadata(t *testing.T) {
	m := officialMetadata(t)
	g := contoso(t)
	full := g.create(g.admin(), app(`"web":{"redirectUris":["https://a.example.com/cb"]},"passwordCredentials":[{}],"description":"x",
		"optionalClaims":{"idToken":[{"name":"email"}]},"servicePrincipalLockConfiguration":{"isEnabled":true},
		"keyCredentials":[`+certificates(t)[0].entry()+`],
		"requiredResourceAccess":[`+access(graphAppID, 1, "Scope")+`],
		"appRoles":[{"id":"`+newGUID()+`","value":"r","displayName":"r","description":"r","allowedMemberTypes":["User"],"isEnabled":true}],
		"api":{"oauth2PermissionScopes":[{"id":"`+newGUID()+`","value":"s","type":"User","isEnabled":true}]}`))
	id, appID := full.text("id"), full.text("appId")
	sp := g.call(g.admin(), "POST", "/v1.0/servicePrincipals", `{"appId":"`+appID+`"}`).want(201)
	grant := g.grant(sp.text("id"), g.tenant.principalOf(graphAppID).ID, "User.Read").want(201)
	secret := g.call(g.admin(), "POST", "/v1.0/applications/"+id+"/addPassword", `{}`).want(200)
	for at, c := range map[string]struct {
		of     string
		answer outcome
	}{
		"POST /applications":           {"application", full},
		"GET /applications/{id}":       {"application", g.call(g.admin(), "GET", "/v1.0/applications/"+id, "")},
		"addPassword":                  {"passwordCredential", secret},
		"POST /servicePrincipals":      {"servicePrincipal", sp},
		"Microsoft Graph":              {"servicePrincipal", g.call(g.admin(), "GET", "/v1.0/servicePrincipals(appId='"+graphAppID+"')", "")},
		"Azure DevOps":                 {"servicePrincipal", g.call(g.admin(), "GET", "/v1.0/servicePrincipals(appId='"+devopsAppID+"')", "")},
		"POST /oauth2PermissionGrants": {"oAuth2PermissionGrant", grant},
		"GET /me":                      {"user", g.call(g.admin(), "GET", "/v1.0/me", "")},
		"GET /me, all":                 {"user", g.call(g.admin(), "GET", "/v1.0/me?$select=id,userType,accountEnabled,mail", "")},
		"GET /organization/{id}":       {"organization", g.call(g.admin(), "GET", "/v1.0/organization/"+g.tenant.ID, "")},
		"authorizationPolicy":          {"authorizationPolicy", g.call(g.admin(), "GET", "/v1.0/policies/authorizationPolicy", "")},
		"defaultAppManagementPolicy":   {"tenantAppManagementPolicy", g.restricted().call(g.admin(), "GET", "/v1.0/policies/defaultAppManagementPolicy", "")},
		"adminConsentRequestPolicy":    {"adminConsentRequestPolicy", g.call(g.admin(), "GET", "/v1.0/policies/adminConsentRequestPolicy", "")},
	} {
		m.compareObject(t, at, "microsoft.graph."+c.of, c.answer.want(c.answer.status).body)
		if c.answer.status >= 300 {
			t.Errorf("%s: %s", at, c.answer.raw)
		}
	}
	for path, of := range map[string]string{
		"applications": "application", "servicePrincipals": "servicePrincipal", "oauth2PermissionGrants": "oAuth2PermissionGrant",
		"organization": "organization", "me/transitiveMemberOf/microsoft.graph.directoryRole": "directoryRole", "me/memberOf": "directoryRole",
		"servicePrincipals/" + g.script().ObjectID + "/appRoleAssignments": "appRoleAssignment",
		"roleManagement/directory/roleAssignments":                         "unifiedRoleAssignment", "users": "user",
		"servicePrincipals/" + g.tenant.principalOf(graphAppID).ID + "/appRoleAssignedTo": "appRoleAssignment",
		"policies/appManagementPolicies": "appManagementPolicy",
	} {
		o := g.call(g.admin(), "GET", "/v1.0/"+path, "").want(200)
		m.compare(t, path, "Collection(graph."+of+")", o.at("value"))
	}
}

// restricted turns every restriction of secrets on.
func (g *graphTest) restricted() *graphTest {
	g.tenant.policies.PasswordAdditionForbidden = true
	g.tenant.policies.PasswordMaxLifetime = 24 * 60 * 60 * 1e9
	return g
}

func TestTheComparisonWithTheMetadataCanFail(t *testing.T) {
	m := metadata{"microsoft.graph.x": {Properties: map[string]string{"id": "Edm.String (not null)"}}}
	for name, object := range map[string]map[string]any{
		"unknown property": {"nickname": "x"}, "null": {"id": nil}, "object": {"id": map[string]any{}},
	} {
		probe := &testing.T{}
		m.compareObject(probe, "x", "microsoft.graph.x", object)
		if !probe.Failed() {
			t.Errorf("%s passes", name)
		}
	}
}
