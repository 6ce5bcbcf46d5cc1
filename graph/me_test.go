package graph

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

// as is a client whose token carries these claims.
func (w *wire) as(claims string) *Client {
	return w.client(w.server.URL, TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
		return entra.NewSensitive(jwt(claims)), epoch.Add(time.Hour), nil
	}))
}

func TestMe(t *testing.T) {
	const person = `{"id":"user-id","displayName":"Ada","userPrincipalName":"ada@contoso.example.com"}`
	w, _ := newWire(t, always(200, person))
	me, err := w.as(`{"tid":"tenant-id","idtyp":"user"}`).Me(t.Context())
	want := entra.Person{Tenant: "tenant-id", ID: "user-id", UPN: "ada@contoso.example.com", DisplayName: "Ada"}
	if err != nil || me != want {
		t.Errorf("%+v, %v; want %+v", me, err, want)
	}
	w.expect("GET /v1.0/me")
	if got := w.got[0].option(t, "$select"); got != "id,displayName,userPrincipalName" {
		t.Errorf("$select = %q", got)
	}
}

func TestMeWithATokenThatTellsNoTenant(t *testing.T) {
	w, c := newWire(t, inTurn(always(200, `{"id":"user-id"}`), always(200, `{"value":[{"id":"tenant-id"}]}`)))
	me, err := c.Me(t.Context()) // its token is no JWT
	if err != nil || me.Tenant != "tenant-id" || me.ID != "user-id" {
		t.Errorf("%+v, %v", me, err)
	}
	w.expect("GET /v1.0/me", "GET /v1.0/organization")
}

func TestMeForAnApplication(t *testing.T) {
	w, _ := newWire(t, always(400, `{"error":{"code":"BadRequest","message":"/me request is only valid with delegated authentication flow."}}`))
	me, err := w.as(`{"tid":"tenant-id","oid":"principal-id","idtyp":"app","app_displayname":"Automation","appid":"x"}`).Me(t.Context())
	want := entra.Person{Tenant: "tenant-id", ID: "principal-id", DisplayName: "Automation"}
	if err != nil || me != want {
		t.Errorf("%+v, %v; want %+v", me, err, want)
	}
	w.expect()
	if me, err := w.as(`{"tid":"t","oid":"o","idtyp":"app","appid":"client-id"}`).Me(t.Context()); err != nil || me.DisplayName != "client-id" {
		t.Errorf("%+v, %v; want the client ID in place of a name", me, err)
	}
}

func TestTenant(t *testing.T) {
	_, c := newWire(t, always(200, `{"value":[{"id":"tenant-id","displayName":"Contoso","verifiedDomains":[null,
		{"name":"contoso.onmicrosoft.com","isInitial":true,"isDefault":false},{"name":"contoso.example.com","isDefault":true}]}]}`))
	got, err := c.Tenant(t.Context())
	want := entra.Tenant{ID: "tenant-id", DisplayName: "Contoso", DefaultDomain: "contoso.example.com", Domains: []string{"contoso.onmicrosoft.com", "contoso.example.com"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestRoles(t *testing.T) {
	const admin = entra.RoleGlobalAdministrator
	tests := []struct {
		name, claims, answer string
		want                 []string
		err                  error
		asks                 bool
	}{
		{"in the token", `{"wids":["` + admin + `","` + everyMember + `"]}`, "", []string{admin}, nil, false},
		{"none in the token", `{"wids":["` + everyMember + `"]}`, "", []string{}, nil, false},
		{"asked for", `{}`, `{"value":[{"id":"1","roleTemplateId":"` + admin + `"}]}`, []string{admin}, nil, true},
		{"asked for, none", `{}`, emptyList, []string{}, nil, true},
		{"hidden: not the same as none", `{}`, `{"value":[{"@odata.type":"#microsoft.graph.directoryRole","id":"1"}]}`, nil, ErrRolesHidden, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := newWire(t, always(200, tt.answer))
			got, err := w.as(tt.claims).Roles(t.Context())
			if !slices.Equal(got, tt.want) || !errors.Is(err, tt.err) {
				t.Errorf("%q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
			if tt.asks {
				w.expect("GET /v1.0/me/transitiveMemberOf/microsoft.graph.directoryRole")
			} else {
				w.expect()
			}
		})
	}
}
