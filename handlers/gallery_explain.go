package handlers

import (
	"strings"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/explain"
)

// galleryPastes are what people send, one for each state of the answer.
var galleryPastes = []struct{ name, paste string }{
	{"decided", "Sorry, but we’re having trouble signing you in.\n\nAADSTS50011: The redirect URI 'https://gateway.example.com/integration-callback/' specified in the request does not match the redirect URIs configured for the application '33333333-2222-3333-4444-555555555555'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal.\n\nTroubleshooting details\nRequest Id: 0c3e9d5a-1111-4222-8333-944445555666\nCorrelation Id: 65a20b1d-dd17-4fdd-b6cd-4cd491699335\nTimestamp: 2026-11-21T11:58:05Z"},
	{"secrets", "POST https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token\nclient_id=33333333-2222-3333-4444-555555555555&client_secret=abc8Q~not-a-real-secret-only-a-picture1&grant_type=refresh_token\n\n{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000222: The provided client secret keys for app '33333333-2222-3333-4444-555555555555' are expired.\"}\nreported by devon.reyes@contoso.example, password=Sommer2025"},
	{"undecided", "It worked yesterday, and today the integration says that something went wrong. Organization https://dev.azure.com/contoso"},
	{"many", "{\"id\":\"10\",\"message\":\"TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized to access this resource.\",\"typeKey\":\"UnauthorizedRequestException\"}"},
	{"hostile", "<script>alert(1)</script> \"><img src=x onerror=alert(1)> AADSTS65001: {{.Paste}} \u202etxt.exe javascript:alert(1)"},
}

func galleryExplanations(cloud entra.Cloud) []galleryPage {
	empty := newExplainPage()
	empty.Error = "There is nothing to explain yet. Paste the error's text, the address the browser ended at, or the app's client ID."
	pages := []galleryPage{{"explain", "explain.html", newExplainPage()}, {"explain-nothing-pasted", "explain.html", empty}}
	for _, p := range galleryPastes {
		pages = append(pages, galleryAnswer("explain-"+p.name, p.paste))
	}
	long := newExplainPage()
	long.answer(explain.Explain("AADSTS90002: Tenant 'contosso.example' not found.\n" + strings.Repeat("at an.inner.place(line)\n", 400)))
	long.Answer.Truncated = true
	pages = append(pages, galleryPage{"explain-longer-than-a-megabyte", "explain.html", long})
	pages = append(pages,
		galleryPage{"checks", "checks.html", newChecksPage("")},
		galleryPage{"checks-found", "checks.html", newChecksPage("AADSTS50011")},
		galleryPage{"checks-none-found", "checks.html", newChecksPage("weather")},
		galleryPage{"causes", "causes.html", newCausesPage("")},
		galleryPage{"causes-none-found", "causes.html", newCausesPage("weather")},
	)
	for _, id := range []string{"redirect-uri-registered", "organization-reached", "scopes-well-formed"} {
		if c, ok := checks.Lookup(id); ok {
			pages = append(pages, galleryPage{"check-" + id, "check.html", newCheckHelpPage(c, cloud)})
		}
	}
	for _, id := range []string{"redirect_uri_mismatch", explain.Unknown} {
		if c, ok := explain.Lookup(id); ok {
			pages = append(pages, galleryPage{"cause-" + id, "cause.html", newCausePage(c)})
		}
	}
	return pages
}

func galleryAnswer(name, paste string) galleryPage {
	page := newExplainPage()
	page.answer(explain.Explain(paste))
	return galleryPage{name, "explain.html", page}
}
