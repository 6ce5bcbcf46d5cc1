package trial

import "testing"

func TestMaskTextKeepsWhatSaysWhatIsWrong(t *testing.T) {
	const guid = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
	for name, c := range map[string]struct{ in, want string }{
		"a user name":     {"User account 'anna.meier@contoso.example' does not exist", "User account 'a…@contoso.example' does not exist"},
		"a guest":         {"anna_contoso.com#EXT#@fabrikam.onmicrosoft.com is blocked", "a…@fabrikam.onmicrosoft.com is blocked"},
		"a GUID stays":    {"Trace ID: " + guid, "Trace ID: " + guid},
		"a URI stays":     {"The redirect URI 'https://passport.useparagon.com/oauth' specified", "The redirect URI 'https://passport.useparagon.com/oauth' specified"},
		"a long host":     {"https://a-very-long-gateway-name.customers.example.com/integration-callback", "https://a-very-long-gateway-name.customers.example.com/integration-callback"},
		"a secret":        {"secret Abc8Q~0123456789abcdefghijklmnopqrstuv was", "secret Abc… was"},
		"a token":         {"got eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln end", "got eyJ… end"},
		"a code in a URL": {"?code=0.AXoAq83vEjRWeJCrze8SNFZ4kAAAAAAAAAAA.AgABAwEAAAD&state=s", "?code=0.A…&state=s"},
		"an IP address":   {"from 203.0.113.77.", "from 203.0.…."},
		"plain words":     {"AADSTS50011: The redirect URI does not match.", "AADSTS50011: The redirect URI does not match."},
	} {
		if got := maskText(c.in); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}
