package sandbox

import (
	"strings"
	"testing"
)

func TestPropertiesThatAreNeverSetCanBeSelected(t *testing.T) {
	g := contoso(t)
	application := "applications/" + g.tenant.appOrder[0]
	principal := "servicePrincipals/" + g.tenant.principalOf(devopsAppID).ID
	for _, c := range []struct {
		path, name string
		want       any
	}{
		{"/v1.0/" + application, "nativeAuthenticationApisEnabled", nil},
		{"/v1.0/" + principal, "customSecurityAttributes", nil},
		{"/v1.0/me", "city", nil},
		{"/beta/" + application, "oauth2RequirePostResponse", false},
		{"/beta/" + principal, "samlMetadataUrl", nil},
	} {
		o := g.call(g.admin(), "GET", c.path+"?$select="+c.name, "").want(200)
		if got, shown := o.body[c.name]; !shown || got != c.want || len(o.body) != 2 {
			t.Errorf("%s of %s: %v", c.name, c.path, o.body)
		}
	}
	list := g.call(g.admin(), "GET", "/v1.0/users?$select=id,proxyAddresses&$top=1", "").want(200)
	if item := list.at("value", 0).(map[string]any); len(item) != 2 || len(item["proxyAddresses"].([]any)) != 0 {
		t.Errorf("in a list: %v", item)
	}
	g.call(g.admin(), "GET", "/v1.0/"+principal+"?$select=samlMetadataUrl", "").refused(errSelect)
	if o := g.call(g.admin(), "GET", "/beta/"+principal, "").want(200); strings.Contains(o.raw, "samlMetadataUrl") {
		t.Error("an unset property is shown without being asked for")
	}
}

// TestUnsetPropertiesAreInTheOfficialMetadata holds the names of v1.0 to
// Microsoft's own list of them.
func TestUnsetPropertiesAreInTheOfficialMetadata(t *testing.T) {
	m := officialMetadata(t)
	for _, set := range []*entitySet{applicationSet, principalSet, userSet} {
		for _, p := range set.unset {
			kind, known := m.property(set.typeName, p.name)
			if _, isList := p.value.([]string); !known || isList != strings.HasPrefix(kind, "Collection(") {
				t.Errorf("%s of %s: %q in the metadata, %v here", p.name, set.typeName, kind, p.value)
			}
			if _, both := fieldNamed(set.of, p.name); both {
				t.Errorf("%s of %s has a value, too", p.name, set.typeName)
			}
		}
	}
}
