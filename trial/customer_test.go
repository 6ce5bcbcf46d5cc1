package trial

import (
	"net/url"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

func TestCustomerLinkAsksTheCustomersAdministrator(t *testing.T) {
	work := string(entra.AzureDevOps) + "/vso.work"
	link := CustomerLink(entra.Public(), "customer.example", theClient, []string{work, "https://graph.microsoft.com/User.Read"}, "https://console.example/consent", "st")
	u, err := url.Parse(link)
	if err != nil || u.Host != "login.microsoftonline.com" || u.Path != "/customer.example/v2.0/adminconsent" {
		t.Fatalf("%s, %v", link, err)
	}
	want := url.Values{"client_id": {string(theClient)}, "scope": {work}, "redirect_uri": {"https://console.example/consent"}, "state": {"st"}}
	if u.RawQuery != want.Encode() {
		t.Errorf("query %s, want %s", u.RawQuery, want.Encode())
	}
}

func TestReadOutcome(t *testing.T) {
	for name, c := range map[string]struct {
		query  string
		ok     bool
		aadsts int
		words  string
	}{
		"consent given":                {"admin_consent=True&tenant=AAAABBBB-0000-cccc-1111-dddd2222eeee&scope=x%2fvso.work+openid&state=s", true, 0, "everybody in your tenant"},
		"consent refused, saying True": {"admin_consent=True&error=consent_required&error_description=AADSTS65004%3a+denied&state=s", false, 65004, "declined"},
		"the older form of a refusal":  {"error=permission_denied&error_description=The+admin+canceled+the+request&state=s", false, 0, "declined"},
		"opened without an answer":     {"", false, 0, "without an answer"},
		"something else":               {"code=x&state=s", false, 0, "without an answer"},
	} {
		v, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		o := ReadOutcome(oauth.ParseCallback(v))
		if o.OK != c.ok || o.Title == "" || !strings.Contains(o.Words, c.words) || (o.Failure == nil) != c.ok {
			t.Errorf("%s: %+v", name, o)
		}
		if o.Failure != nil && (o.Failure.AADSTS != c.aadsts || o.Failure.Next == "") {
			t.Errorf("%s: %+v", name, o.Failure)
		}
		if c.ok && (o.Tenant != homeID || len(o.Scopes) != 2) {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

func TestAnOutcomeShowsNothingLongOrForged(t *testing.T) {
	o := ReadOutcome(oauth.Callback{AdminConsent: true, Tenant: "<script>", Scope: strings.Repeat("x ", 5000)})
	if o.Tenant != "" || len(o.Scopes) > maxScopes {
		t.Errorf("tenant %q, %d scopes", o.Tenant, len(o.Scopes))
	}
}
