package entra

import (
	"encoding/json"
	"testing"
)

func TestARegistrationsRequestHoldsAllOfIt(t *testing.T) {
	r := PutRegistration{
		UniqueName: "console-o'neil", DisplayName: "Console", Audience: AnyOrganization, Tags: []string{"tag"},
		RedirectURIs: []RedirectURI{{"https://c.example.com/sign-in/callback", Web}},
		Permissions:  []Permission{{MicrosoftGraph, UserReadID, Scope}},
		AppRoles:     []AppRole{{"r1", "admin", "Admin", "All", true}}, IDTokenClaims: []string{"auth_time"},
	}.Request()
	got, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
 "method": "PATCH",
 "path": "/applications(uniqueName='console-o%27neil')",
 "body": {
  "api": {
   "requestedAccessTokenVersion": 2
  },
  "appRoles": [
   {
    "allowedMemberTypes": [
     "User"
    ],
    "description": "All",
    "displayName": "Admin",
    "id": "r1",
    "isEnabled": true,
    "value": "admin"
   }
  ],
  "displayName": "Console",
  "optionalClaims": {
   "idToken": [
    {
     "essential": false,
     "name": "auth_time"
    }
   ]
  },
  "requiredResourceAccess": [
   {
    "resourceAccess": [
     {
      "id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
      "type": "Scope"
     }
    ],
    "resourceAppId": "00000003-0000-0000-c000-000000000000"
   }
  ],
  "servicePrincipalLockConfiguration": {
   "allProperties": true,
   "isEnabled": true
  },
  "signInAudience": "AzureADMultipleOrgs",
  "tags": [
   "tag"
  ],
  "web": {
   "implicitGrantSettings": {
    "enableAccessTokenIssuance": false,
    "enableIdTokenIssuance": false
   },
   "redirectUris": [
    "https://c.example.com/sign-in/callback"
   ]
  }
 }
}`
	if string(got) != want {
		t.Errorf("request\n%s", got)
	}
}

func TestChangesOfARegistrationSayWhatTheyDo(t *testing.T) {
	role := AppRole{ID: "r1", Value: "admin"}
	for _, c := range []struct {
		change     Change
		says, path string
	}{
		{PutRegistration{UniqueName: "c", DisplayName: "Console"}, `make the app registration "Console" what it should be`, "/applications(uniqueName='c')"},
		{AssignAppRole{"sp1", role, Person{ID: "u1", DisplayName: "Ada"}}, "give Ada the role admin", "/servicePrincipals/sp1/appRoleAssignedTo"},
		{AssignAppRole{Role: role, Who: Person{UPN: "ada@contoso.com"}}, "give ada@contoso.com the role admin",
			"/servicePrincipals/{object id of the service principal}/appRoleAssignedTo"},
	} {
		if got := c.change.Describe(); got != c.says {
			t.Errorf("%T: %q", c.change, got)
		}
		if got := c.change.Request().Path; got != c.path {
			t.Errorf("%T: %q", c.change, got)
		}
	}
}
