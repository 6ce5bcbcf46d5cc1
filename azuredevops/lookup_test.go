package azuredevops_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/entra"
)

// byHost answers the two anonymous probes differently.
func byHost(vssps, devops http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/orgs/") {
			vssps(w, r)
			return
		}
		devops(w, r)
	}
}

func TestLookupTellsFourAnswersApart(t *testing.T) {
	missing := reply(404, "The resource cannot be found.", "Content-Type", "text/plain")
	const challenge = "Bearer authorization_uri=https://login.microsoftonline.com/" + aTenant
	for name, c := range map[string]struct {
		vssps, devops http.HandlerFunc
		want          azuredevops.Organization
		requests      int
	}{
		"the first request's header, whatever its status": {
			reply(404, "", "X-VSS-ResourceTenant", aTenant), missing,
			azuredevops.Organization{Exists: true, Connected: true, Tenant: aTenant, Checked: "HEAD /orgs/contoso"}, 1,
		},
		"backed by personal accounts": {
			reply(404, "", "X-VSS-ResourceTenant", noTenant), missing,
			azuredevops.Organization{Exists: true, Checked: "HEAD /orgs/contoso"}, 1,
		},
		"only the second names it, in its challenge": {
			reply(404, ""), reply(401, "", "WWW-Authenticate", challenge+", Basic realm=\"https://tfsprod.visualstudio.com/\", TFS-Federated"),
			azuredevops.Organization{Exists: true, Connected: true, Tenant: aTenant, Checked: "HEAD /devops/contoso/"}, 2,
		},
		"challenges on lines of their own": {
			reply(404, ""), reply(401, "", "WWW-Authenticate", "Basic realm=\"x\"", "WWW-Authenticate", challenge),
			azuredevops.Organization{Exists: true, Connected: true, Tenant: aTenant, Checked: "HEAD /devops/contoso/"}, 2,
		},
		"the challenge wins over the header": {
			reply(404, ""), reply(401, "", "WWW-Authenticate", challenge, "X-VSS-ResourceTenant", noTenant),
			azuredevops.Organization{Exists: true, Connected: true, Tenant: aTenant, Checked: "HEAD /devops/contoso/"}, 2,
		},
		"a sign-in redirect that names the tenant": {
			reply(404, ""), reply(302, "", "Location", "https://spsprod.example/_signin", "X-VSS-ResourceTenant", aTenant),
			azuredevops.Organization{Exists: true, Connected: true, Tenant: aTenant, Checked: "HEAD /devops/contoso/"}, 2,
		},
		"missing": {
			reply(404, ""), missing,
			azuredevops.Organization{Checked: "HEAD /devops/contoso/"}, 2,
		},
		"missing, while the first host is down": {
			func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, missing,
			azuredevops.Organization{Checked: "HEAD /devops/contoso/"}, 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, client := start(t, byHost(c.vssps, c.devops))
			got, err := client.Lookup(t.Context(), "contoso")
			if err != nil {
				t.Fatal(err)
			}
			got.Checked = strings.Replace(got.Checked, s.URL, "", 1)
			c.want.Slug = "contoso"
			if got != c.want {
				t.Errorf("\n got %+v\nwant %+v", got, c.want)
			}
			if n := len(s.requests()); n != c.requests {
				t.Errorf("requests %q, want %d", s.requests(), c.requests)
			}
			for _, r := range s.seen {
				if r.Header.Get("X-TFS-FedAuthRedirect") != "Suppress" || r.Header.Get("Authorization") != "" {
					t.Errorf("headers %v", r.Header)
				}
			}
		})
	}
}

func TestLookupSaysWhenItCannotTell(t *testing.T) {
	for name, devops := range map[string]http.HandlerFunc{
		"a server error":           reply(503, ""),
		"nothing of a tenant":      reply(200, ""),
		"a broken answer":          func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"a tenant that is no GUID": reply(401, "", "X-VSS-ResourceTenant", "contoso"),
	} {
		_, client := start(t, byHost(reply(503, ""), devops))
		org, err := client.Lookup(t.Context(), "contoso")
		if !errors.Is(err, azuredevops.ErrCannotTell) || org.Exists {
			t.Errorf("%s: %+v, %v", name, org, err)
		}
	}
}

func TestNoCallIsMadeForABadOrganization(t *testing.T) {
	s, client := start(t, reply(200, "{}"))
	for _, slug := range []string{"", "-a", "a-", "a/b", "..", "a b", "contoso.visualstudio.com", "https://evil.example", "a%2fb", "a?b", "a#b", "ä", strings.Repeat("a", 51), "a\n", "evil@host"} {
		errs := []error{}
		_, err := client.Lookup(t.Context(), slug)
		errs = append(errs, err)
		_, err = client.Connection(t.Context(), slug, theToken)
		errs = append(errs, err)
		_, err = client.Projects(t.Context(), slug, theToken)
		errs = append(errs, err)
		_, err = client.Project(t.Context(), slug, "Web Shop", theToken)
		errs = append(errs, err)
		if slices.Contains(errs, nil) {
			t.Errorf("%q was accepted: %v", slug, errs)
		}
		if e := client.Exercise(t.Context(), slug, "Web Shop", "vso.work", theToken); e.Exercised || e.OK {
			t.Errorf("%q was exercised: %+v", slug, e)
		}
	}
	if got := s.requests(); len(got) > 0 {
		t.Errorf("requests %q, want none", got)
	}
}

func TestLookupWhileNobodyListens(t *testing.T) {
	_, client := start(t, reply(404, ""))
	gone := entra.Cloud{DevOps: "http://127.0.0.1:1", VSSPSOrganizations: "http://127.0.0.1:1"}
	client.Cloud = gone
	_, err := client.Lookup(t.Context(), "contoso")
	var lost *entra.NoAnswerError
	if !errors.Is(err, azuredevops.ErrCannotTell) || !errors.As(err, &lost) || lost.Sent {
		t.Errorf("%v should say that nothing could be sent", err)
	}
}
