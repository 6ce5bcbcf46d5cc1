package entra

import (
	"net/url"
	"strings"
	"testing"
)

func TestPortalLinks(t *testing.T) {
	c := Public()
	const id = ClientID("11111111-2222-3333-4444-555555555555")
	tests := []struct{ name, got, want string }{
		{"overview", PortalApp(c, id, PortalOverview), "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Overview/appId/11111111-2222-3333-4444-555555555555/isMSAApp~/false"},
		{"secrets", PortalApp(c, id, PortalSecrets), "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/11111111-2222-3333-4444-555555555555/isMSAApp~/false"},
		{"a new registration", PortalApp(c, "", PortalRegister), "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/CreateApplicationBlade/quickStartType~/null/isMSAApp~/false"},
		{"a page of an app that is not known yet", PortalApp(c, "", PortalSecrets), "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade"},
		{"no page", PortalApp(c, id, ""), ""},
		{"a cloud without portal", PortalApp(Cloud{}, id, PortalOverview), ""},
		{"an enterprise application", PortalEnterpriseApp(c, "sp-1", id), "https://entra.microsoft.com/#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Permissions/objectId/sp-1/appId/11111111-2222-3333-4444-555555555555"},
		{"an enterprise application not known yet", PortalEnterpriseApp(c, "", id), ""},
		{"user consent", PortalUserConsent(c), "https://entra.microsoft.com/#view/Microsoft_AAD_IAM/ConsentPoliciesMenuBlade/~/UserSettings"},
		{"organization settings", OrganizationSettings(c, "mycompany", SettingsUsers), "https://dev.azure.com/mycompany/_settings/users"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got  %s\nwant %s", tt.got, tt.want)
			}
		})
	}
}

// TestPortalLinksStayAtTheirHost: an ID is never more than one segment.
func TestPortalLinksStayAtTheirHost(t *testing.T) {
	for _, link := range []string{
		PortalApp(Public(), "../../x@evil.example/", PortalOverview),
		PortalEnterpriseApp(Public(), "//evil.example", "//evil.example"),
		OrganizationSettings(Public(), "../evil.example/x", SettingsOverview),
	} {
		u, err := url.Parse(link)
		if err != nil || u.Host != "entra.microsoft.com" && u.Host != "dev.azure.com" || strings.Contains(link, "/evil") {
			t.Errorf("%s leads to %q (%v)", link, u.Host, err)
		}
	}
}

func TestVerificationCommands(t *testing.T) {
	for _, c := range VerifyApplication("11111111-2222-3333-4444-555555555555") {
		if !strings.HasPrefix(c.Line, "az ad ") || !strings.HasSuffix(c.Line, " --id 11111111-2222-3333-4444-555555555555") || c.Shows == "" {
			t.Errorf("%+v", c)
		}
	}
	sandbox := Cloud{DevOps: "https://127.0.0.1:4443", VSSPSOrganizations: "https://127.0.0.1:4444", CAFile: "/tmp/it's mine/ca.pem"}
	got := VerifyOrganization(sandbox, "mycompany")
	if want := `curl -sI --cacert '/tmp/it'\''s mine/ca.pem' https://127.0.0.1:4444/mycompany`; got[0].Line != want {
		t.Errorf("got  %s\nwant %s", got[0].Line, want)
	}
	if want := "curl -sI -H 'X-TFS-FedAuthRedirect: Suppress' https://dev.azure.com/mycompany/_apis/connectionData"; VerifyOrganization(Public(), "mycompany")[1].Line != want {
		t.Errorf("got  %s\nwant %s", VerifyOrganization(Public(), "mycompany")[1].Line, want)
	}
}
