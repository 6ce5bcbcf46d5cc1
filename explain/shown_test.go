package explain

import (
	"strings"
	"testing"
)

func TestPlacesOfThePasteAreFoundInTheMaskedText(t *testing.T) {
	for name, paste := range map[string]string{
		"nothing hidden":                  "AADSTS50011: no",
		"a secret in front":               "client_secret=" + aSecret + " AADSTS7000222: expired",
		"a secret behind":                 "AADSTS7000222: expired client_secret=" + aSecret,
		"people and secrets all around":   "devon.reyes@contoso.example " + aSecret + " AADSTS50105: not assigned " + aJWT + " anna@contoso.example",
		"a place next to a hidden one":    "x@contoso.example\nAADSTS65001",
		"what only shows once more fell":  "https://a:" + aPAT + "@dev.azure.com AADSTS65001 b:c@x.example",
		"text of several bytes a letter":  "Größe devon@contoso.example — AADSTS50020: Benutzer “x”",
		"a code in an address, then text": "https://a.example/cb?code=" + aCode + "&error=AADSTS65001",
	} {
		r := Explain(paste)
		for i := range paste {
			from, to := r.InMasked(i, len(paste))
			if from < 0 || from > to || to > len(r.Masked) {
				t.Fatalf("%s: [%d:%d] became [%d:%d] of %d", name, i, len(paste), from, to, len(r.Masked))
			}
		}
		if len(r.Causes[0].Evidence) == 0 {
			t.Errorf("%s: nothing in it tells", name)
		}
		for _, e := range r.Causes[0].Evidence {
			if from, to := r.InMasked(e.Start, e.End); r.Masked[from:to] != e.Text {
				t.Errorf("%s: %q stands at %q", name, e.Text, r.Masked[from:to])
			}
		}
		for _, w := range r.Warnings {
			if from, to := r.InMasked(w.Start, w.End); !strings.HasPrefix(r.Masked[from:to], "[masked") || !strings.HasSuffix(r.Masked[from:to], "]") {
				t.Errorf("%s: %s stands at %q", name, w.What, r.Masked[from:to])
			}
		}
	}
}

func TestRecognisedValuesAreMasked(t *testing.T) {
	r := Explain("AADSTS50011: The redirect URI 'https://a.example/cb?client_secret=" + aSecret + "' specified in the request does not match. scope=vso.work%20" + aSecret)
	all := strings.Join(append(r.Entities.Scopes, r.Entities.RedirectURI, r.Causes[0].Summary, r.Causes[0].Message), " ")
	if strings.Contains(all, aSecret) {
		t.Errorf("the secret is shown: %s", all)
	}
	if r.Entities.RedirectURI == "" {
		t.Error("the redirect URI is gone altogether")
	}
}
