package preset

import (
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

func TestRedirectURIs(t *testing.T) {
	tests := []struct {
		name, id string
		inputs   map[string]string
		want     string
	}{
		{"a host in its place", "frontegg", map[string]string{"host": "gateway.example.com"}, "https://gateway.example.com/integration-callback"},
		{"a pasted address is reduced to its host", "frontegg", map[string]string{"host": "https://Gateway.example.com:8443/integration-callback"}, "https://gateway.example.com:8443/integration-callback"},
		{"nothing to fill in", "paragon", nil, "https://passport.useparagon.com/oauth"},
		{"nothing to fill in, either", "stackone", nil, "https://api.stackone.com/connect/oauth2/azuredevops/callback"},
		{"a choice has its default", "cyclr", map[string]string{"host": "acme.example.com"}, "https://acme.example.com/connector/callback"},
		{"a choice changes nothing here", "cyclr", map[string]string{"host": "acme.example.com", "model": "per-user"}, "https://acme.example.com/connector/callback"},
		{"a whole URI", "custom", map[string]string{"redirectUri": " http://localhost:3000/cb "}, "http://localhost:3000/cb"},
		{"several URIs", "custom", map[string]string{"redirectUri": "https://a.example/cb\nhttps://b.example/cb"}, "https://a.example/cb https://b.example/cb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := ByID(tt.id)
			uris, errs := p.RedirectURIs(tt.inputs)
			var got []string
			for _, u := range uris {
				got = append(got, u.URI)
				if u.Platform != entra.Web {
					t.Errorf("%s is on platform %s: a client secret needs Web", u.URI, u.Platform)
				}
			}
			if strings.Join(got, " ") != tt.want || errs != nil {
				t.Errorf("got %v, %v; want %s", got, errs, tt.want)
			}
		})
	}
}

func TestBadInputsNameTheFieldAndTheMend(t *testing.T) {
	tests := []struct {
		name, id string
		inputs   map[string]string
		field    string
		words    string
	}{
		{"a host is missing", "frontegg", nil, "inputs.host", "gateway.example.com"},
		{"the placeholder of the page", "frontegg", map[string]string{"host": "YOUR_MCP_GATEWAY_URL"}, "inputs.host", "placeholder"},
		{"a host without https", "cyclr", map[string]string{"host": "http://acme.example.com"}, "inputs.host", "https"},
		{"a choice that is none", "cyclr", map[string]string{"host": "acme.example.com", "model": "both"}, "inputs.model", "all-users, per-user"},
		{"no redirect URI", "custom", map[string]string{"redirectUri": "  "}, "inputs.redirectUri", "missing"},
		{"a bad redirect URI", "custom", map[string]string{"redirectUri": "http://a.example/cb"}, "inputs.redirectUri", "https"},
		{"the second of two is bad", "custom", map[string]string{"redirectUri": "https://a.example/cb https://a.example/#"}, "inputs.redirectUri", "#"},
		{"the same twice", "custom", map[string]string{"redirectUri": "https://a.example/cb https://a.example/cb"}, "inputs.redirectUri", "twice"},
		{"a host that makes the URI too long", "frontegg", map[string]string{"host": strings.Repeat("a234567.", 30) + "example"}, "inputs.host", "256"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := ByID(tt.id)
			uris, errs := p.RedirectURIs(tt.inputs)
			if uris != nil || len(errs) != 1 || errs[0].Field != tt.field || !strings.Contains(errs[0].Message, tt.words) {
				t.Errorf("got %v, %v; want one error of %s naming %q", uris, errs, tt.field, tt.words)
			}
		})
	}
}

func TestEveryBadInputIsNamedAtOnce(t *testing.T) {
	_, errs := cyclr.RedirectURIs(map[string]string{"host": "_", "model": "both"})
	if len(errs) != 2 || errs[0].Field != "inputs.host" || errs[1].Field != "inputs.model" {
		t.Errorf("got %v", errs)
	}
}

func TestPlace(t *testing.T) {
	for model, want := range map[string]string{"": "Application Connector Library", "all-users": "Application Connector Library", "per-user": "Installing"} {
		if got := strings.Join(cyclr.Place(map[string]string{"model": model}), " > "); !strings.Contains(got, want) {
			t.Errorf("model %q: %s", model, got)
		}
	}
	if got := strings.Join(frontegg.Place(nil), " > "); got != "your environment > Integrations > Azure DevOps" {
		t.Errorf("got %s", got)
	}
}

func FuzzRedirectURIs(f *testing.F) {
	for _, s := range []string{"gateway.example.com", "https://a.example/cb https://b.example", "{host}", "a/../b", "a#b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range All {
			in := goodInputs(p)
			for name := range in {
				in[name] = s
			}
			uris, errs := p.RedirectURIs(in)
			if (len(uris) == 0) == (len(errs) == 0) {
				t.Fatalf("%s, %q: %v and %v", p.ID, s, uris, errs)
			}
			if err := entra.ValidateRedirectURIs(uris, p.Audience); err != nil {
				t.Errorf("%s, %q: %v", p.ID, s, err)
			}
			for _, u := range uris {
				if strings.ContainsAny(u.URI, "{}") {
					t.Errorf("%s, %q: a placeholder is left in %s", p.ID, s, u.URI)
				}
			}
		}
	})
}
