package azuredevops_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/entra"
)

const unauthorized = `{"$id":"1","innerException":null,"message":"TF400813: The user 'x' is not authorized to access this resource.","typeName":"Microsoft.TeamFoundation.Framework.Server.UnauthorizedRequestException, Microsoft.TeamFoundation.Framework.Server","typeKey":"UnauthorizedRequestException","errorCode":0,"eventId":3000}`

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   entra.ServiceError
	}{
		"not a member": {
			reply(401, unauthorized, "ActivityId", "act-1"),
			entra.ServiceError{Status: 401, Code: "UnauthorizedRequestException", RequestID: "act-1", Message: "TF400813: The user 'x' is not authorized to access this resource."},
		},
		"a bad token, suppressed": {
			reply(401, "", "WWW-Authenticate", "Bearer"),
			entra.ServiceError{Status: 401, Code: azuredevops.NotAuthenticated, Message: "Unauthorized"},
		},
		"a bad token, redirected": {
			reply(302, "Object moved", "Location", "https://spsprod.example/_signin"),
			entra.ServiceError{Status: 302, Code: azuredevops.NotAuthenticated, Message: "the answer is a sign-in page or a redirect to one"},
		},
		"203 with a page": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.WriteHeader(203)
			},
			entra.ServiceError{Status: 203, Code: azuredevops.NotAuthenticated, Message: "the answer is a sign-in page or a redirect to one"},
		},
		"203 with JSON": {
			reply(203, `{"authenticatedUser":{"id":"x"}}`),
			entra.ServiceError{Status: 203, Code: azuredevops.NotAuthenticated, Message: "the answer is a sign-in page or a redirect to one"},
		},
		"200 with a page": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprint(w, "<title>Azure DevOps Services | Sign In</title>")
			},
			entra.ServiceError{Status: 200, Code: azuredevops.NotAuthenticated, Message: "the answer is a sign-in page or a redirect to one"},
		},
		"an improperly wrapped error": {
			reply(400, `{"count":1,"value":{"Message":"The request is invalid."}}`),
			entra.ServiceError{Status: 400, Message: "The request is invalid."},
		},
		"only a header speaks": {
			reply(403, "", "X-TFS-ServiceError", "VS403463%3A+conditional+access"),
			entra.ServiceError{Status: 403, Message: "VS403463: conditional access"},
		},
		"throttled": {
			reply(429, `{"message":"TF400733: blocked","typeKey":"RequestBlockedException"}`, "Retry-After", "30"),
			entra.ServiceError{Status: 429, Code: "RequestBlockedException", Message: "TF400733: blocked", RetryAfter: 30 * time.Second},
		},
		"a page with a server error": {
			reply(500, "<html>canary</html>", "Content-Type", "text/html"),
			entra.ServiceError{Status: 500, Message: "Internal Server Error"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, client := start(t, c.answer)
			_, err := client.Connection(t.Context(), "contoso", theToken)
			var got *entra.ServiceError
			if !errors.As(err, &got) {
				t.Fatalf("%v is no ServiceError", err)
			}
			c.want.Service = "Azure DevOps"
			if *got != c.want {
				t.Errorf("\n got %#v\nwant %#v", *got, c.want)
			}
			if n := len(s.requests()); n != 1 {
				t.Errorf("requests %q: nothing is followed or repeated", s.requests())
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the error quotes the token or a body: %v", err)
			}
		})
	}
}

func TestUnusableAnswersAreNoAnswers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"not JSON":     reply(200, "canary"),
		"endless JSON": reply(200, `{"x":"`+strings.Repeat("a", 5<<20)+`"}`),
		"broken off":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		_, client := start(t, answer)
		_, err := client.Connection(t.Context(), "contoso", theToken)
		var lost *entra.NoAnswerError
		if !errors.As(err, &lost) || !lost.Sent || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConnectionNamesTheIdentity(t *testing.T) {
	s, client := start(t, reply(200, `{"authenticatedUser":{"id":"11111111-0000-0000-0000-000000000001","descriptor":"Microsoft.IdentityModel.Claims.ClaimsIdentity;t\\anna@contoso.example","providerDisplayName":"Anna","properties":{"Account":{"$type":"System.String","$value":"anna@contoso.example"}}},"instanceId":"i"}`))
	got, err := client.Connection(t.Context(), "contoso", theToken)
	want := azuredevops.Identity{ID: "11111111-0000-0000-0000-000000000001", DisplayName: "Anna", Account: "anna@contoso.example",
		Descriptor: `Microsoft.IdentityModel.Claims.ClaimsIdentity;t\anna@contoso.example`}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	r := s.seen[0]
	if r.URL.RequestURI() != "/devops/contoso/_apis/connectionData?api-version=7.1-preview" || r.Header.Get("Authorization") != "Bearer canary-token" ||
		r.Header.Get("X-TFS-FedAuthRedirect") != "Suppress" || r.Header.Get("Accept") != "application/json" || r.UserAgent() != "consentry" {
		t.Errorf("%s with %v", r.URL.RequestURI(), r.Header)
	}
}

func TestConnectionSeesThroughAnonymousAnswers(t *testing.T) {
	for name, body := range map[string]string{
		"the anonymous identity": `{"authenticatedUser":{"id":"aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa","descriptor":"System:PublicAccess;aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa","providerDisplayName":"Anonymous"}}`,
		"no identity":            `{"instanceId":"i"}`,
	} {
		_, client := start(t, reply(200, body))
		got, err := client.Connection(t.Context(), "contoso", theToken)
		if err != nil || !got.Anonymous {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestProjectsReadsAllPages(t *testing.T) {
	_, client := start(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("continuationToken") {
		case "":
			reply(200, `{"count":1,"value":[{"id":"1","name":"Web Shop","state":"wellFormed","visibility":"private"}]}`, "x-ms-continuationtoken", "a b")(w, r)
		case "a b":
			reply(200, `{"count":1,"value":[{"id":"2","name":"Mobile"}]}`)(w, r)
		default:
			reply(400, "{}")(w, r)
		}
	})
	got, err := client.Projects(t.Context(), "contoso", theToken)
	want := []azuredevops.Project{{ID: "1", Name: "Web Shop", State: "wellFormed", Visibility: "private"}, {ID: "2", Name: "Mobile"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestProjectsEndsWithAServiceThatDoesNot(t *testing.T) {
	s, client := start(t, reply(200, `{"value":[{"id":"1"}]}`, "x-ms-continuationtoken", "again"))
	if _, err := client.Projects(t.Context(), "contoso", theToken); err == nil {
		t.Error("endless pages must end in an error")
	}
	if n := len(s.requests()); n != 100 {
		t.Errorf("%d requests, want 100", n)
	}
}

func TestProjectIsOneSegmentOfThePath(t *testing.T) {
	s, client := start(t, reply(200, `{"id":"1","name":"Web Shop"}`))
	got, err := client.Project(t.Context(), "contoso", "Web Shop ü", theToken)
	if err != nil || got.ID != "1" {
		t.Fatalf("%+v, %v", got, err)
	}
	if path := s.seen[0].URL.EscapedPath(); path != "/devops/contoso/_apis/projects/Web%20Shop%20%C3%BC" {
		t.Errorf("path %s", path)
	}
	for _, name := range []string{"", "..", ".", "a/b", `a\b`, "a?b", "a#b", "a%2fb", ".hidden", strings.Repeat("a", 65)} {
		if _, err := client.Project(t.Context(), "contoso", name, theToken); err == nil {
			t.Errorf("project %q was accepted", name)
		}
	}
	if n := len(s.requests()); n != 1 {
		t.Errorf("requests %q, want only the first", s.requests())
	}
}

func TestAccountsAsksForTheProfileFirst(t *testing.T) {
	s, client := start(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/me") {
			reply(200, `{"displayName":"Anna","publicAlias":"m-1","id":"m-1"}`)(w, r)
			return
		}
		if r.URL.Query().Get("memberId") != "m-1" {
			reply(400, "{}")(w, r)
			return
		}
		reply(200, `{"count":2,"value":[{"accountId":"1","accountUri":"https://vssps.dev.azure.com/contoso/","accountName":"contoso"},{"accountName":"fabrikam"}]}`)(w, r)
	})
	got, err := client.Accounts(t.Context(), theToken)
	if err != nil || !reflect.DeepEqual(got, []string{"contoso", "fabrikam"}) {
		t.Errorf("%q, %v", got, err)
	}
	if want := []string{"GET /vssps/_apis/profile/profiles/me", "GET /vssps/_apis/accounts"}; !slices.Equal(s.requests(), want) {
		t.Errorf("requests %q, want %q", s.requests(), want)
	}
}
