package entra

import (
	"encoding/base64"
	"reflect"
	"testing"
)

func token(payload string) Sensitive {
	return NewSensitive("e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".sig")
}

func TestATokenSaysWhoItIsFor(t *testing.T) {
	for situation, c := range map[string]struct {
		token Sensitive
		want  Identity
	}{
		"a person by way of the Azure CLI": {
			token(`{"tid":"t1","oid":"o1","appid":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","idtyp":"user","upn":"ada@contoso.com","name":"Ada","scp":"User.Read Application.ReadWrite.All"}`),
			Identity{Person: Person{"t1", "o1", "ada@contoso.com", "Ada"}, Client: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", ClientName: "Microsoft Azure CLI",
				Permissions: []string{"User.Read", "Application.ReadWrite.All"}},
		},
		"an application by itself": {
			token(`{"tid":"t1","oid":"o2","appid":"c1","idtyp":"app","app_displayname":"Automation","roles":["Application.ReadWrite.OwnedBy"]}`),
			Identity{Person: Person{Tenant: "t1", ID: "o2", DisplayName: "Automation"}, Client: "c1", ClientName: "Automation", AppOnly: true,
				Permissions: []string{"Application.ReadWrite.OwnedBy"}},
		},
		"an application without a name or a kind": {
			token(`{"tid":"t1","oid":"o2","azp":"c1"}`),
			Identity{Person: Person{Tenant: "t1", ID: "o2", DisplayName: "c1"}, Client: "c1", AppOnly: true},
		},
		"a guest":          {token(`{"tid":"t1","oid":"o3","appid":"c1","unique_name":"live#guest","scp":"User.Read"}`), Identity{Person: Person{"t1", "o3", "live#guest", "live#guest"}, Client: "c1", Permissions: []string{"User.Read"}}},
		"opaque":           {NewSensitive("opaque"), Identity{}},
		"no JSON":          {NewSensitive("a.!.c"), Identity{}},
		"claims of a list": {token(`{"tid":["t1"]}`), Identity{}},
	} {
		got := TokenIdentity(c.token)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n%+v, want\n%+v", situation, got, c.want)
		}
		if whole := c.want.Tenant != ""; got.Complete() != whole {
			t.Errorf("%s: complete %v", situation, !whole)
		}
	}
	if i := TokenIdentity(token(`{"scp":"a b"}`)); i.Has("c") || !i.Has("c", "b") {
		t.Errorf("has: %+v", i)
	}
}

func TestNamesInTokensAreForeignText(t *testing.T) {
	if got := TokenIdentity(token(`{"name":"Ada\nRoot","upn":"a\u202eb","scp":"x"}`)); got.DisplayName == "Ada\nRoot" || got.UPN == "a\u202eb" {
		t.Errorf("%+v", got)
	}
}
