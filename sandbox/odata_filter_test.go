package sandbox

import (
	"reflect"
	"strings"
	"testing"
)

// filterSample is what filters in these tests look at.
func filterSample() *application {
	name := "console/prod"
	return normalized(&application{
		ID: "11111111-1111-4111-8111-111111111111", AppID: "22222222-2222-4222-8222-222222222222",
		DisplayName: "Contoso's link", SignInAudience: audienceMultitenant, UniqueName: &name, Tags: []string{"consentry", "env:Prod"},
		RequiredResourceAccess: []requiredResource{{ResourceAppID: devopsAppID}},
	})
}

func TestFilters(t *testing.T) {
	for _, c := range []struct {
		filter   string
		match    bool
		advanced bool
	}{
		{"displayName eq 'Contoso''s link'", true, false},
		{"displayName eq 'CONTOSO''S LINK'", true, false},
		{"displayName eq 'contoso'", false, false},
		{"displayName ne 'contoso'", true, true},
		{"appId eq '22222222-2222-4222-8222-222222222222'", true, false},
		{"appId in ('a','22222222-2222-4222-8222-222222222222')", true, false},
		{"appId in ('a' , 'b')", false, false},
		{"startswith(displayName,'conto')", true, false},
		{"startsWith(displayName, 'link')", false, false},
		{"endswith(displayName,'LINK')", true, true},
		{"tags/any(t:t eq 'consentry')", true, false},
		{"tags/any(t:t eq 'other')", false, false},
		{"tags/any(x:startswith(x,'env:'))", true, false},
		{"tags/any(t:t eq 'other' or t eq 'consentry')", true, false},
		{"requiredResourceAccess/any(r:r/resourceAppId eq '" + devopsAppID + "')", true, false},
		{"requiredResourceAccess/any(r:r/resourceAppId eq '" + graphAppID + "')", false, false},
		{"not(displayName eq 'x')", true, true},
		{"not startswith(displayName,'con')", false, true},
		{"not tags/any(t:t eq 'consentry')", false, true},
		{"displayName eq 'x' or signInAudience eq 'AzureADMultipleOrgs'", true, false},
		{"displayName eq 'x' and signInAudience eq 'AzureADMultipleOrgs'", false, false},
		{"displayName eq 'x' and id eq 'y' or uniqueName eq 'console/prod'", true, false},
		{"displayName eq 'x' and (id eq 'y' or uniqueName eq 'console/prod')", false, false},
		{"applicationTemplateId eq null", true, false},
		{"uniqueName eq null", false, false},
		{"((((displayName eq 'Contoso''s link'))))", true, false},
	} {
		t.Run(c.filter, func(t *testing.T) {
			f, fault := parseFilter(c.filter, applicationSet)
			if fault != nil {
				t.Fatal(fault)
			}
			if got := f.match(reflect.ValueOf(filterSample()).Elem(), reflect.Value{}); got != c.match {
				t.Errorf("matches %v, want %v", got, c.match)
			}
			if f.advanced != c.advanced {
				t.Errorf("advanced %v, want %v", f.advanced, c.advanced)
			}
		})
	}
}

func TestFiltersThatAreRefused(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat("'a',", 16), ",")
	for _, c := range []struct {
		name, filter string
		want         graphError
	}{
		{"empty", "", errFilterSyntax},
		{"name alone", "displayName", errFilterSyntax},
		{"no value", "displayName eq", errFilterSyntax},
		{"no operator", "displayName 'x'", errFilterSyntax},
		{"unknown operator", "displayName like 'x'", errFilterSyntax},
		{"unclosed quote", "displayName eq 'x", errFilterSyntax},
		{"something left over", "displayName eq 'x' 'y'", errFilterSyntax},
		{"unclosed parenthesis", "(displayName eq 'x'", errFilterSyntax},
		{"empty list", "appId in ()", errFilterSyntax},
		{"unclosed list", "appId in ('a','b'", errFilterSyntax},
		{"unknown function", "contains(displayName,'x')", errFilterSyntax},
		{"unknown property", "nickname eq 'x'", errFilterSyntax},
		{"property that cannot be searched by", "notes eq 'x'", errFilterProperty},
		{"comparison of order", "displayName gt 'x'", errFilterProperty},
		{"collection as a value", "tags eq 'x'", errFilterProperty},
		{"any on a single value", "displayName/any(t:t eq 'x')", errFilterProperty},
		{"any in any", "requiredResourceAccess/any(r:r/resourceAccess/any(a:a/id eq 'x'))", errFilterProperty},
		{"foreign name in any", "tags/any(t:displayName eq 'x')", errFilterSyntax},
		{"any without variable", "tags/any()", errFilterSyntax},
		{"string for a number", "displayName eq 5", errFilterTypes},
		{"bool for a string", "displayName eq true", errFilterTypes},
		{"startswith without a text", "startswith(displayName,5)", errFilterTypes},
		{"startswith with one argument", "startswith(displayName)", errFilterSyntax},
		{"not before a comparison without parentheses is a comparison", "not", errFilterSyntax},
		{"too many values", "appId in (" + many + ")", errFilterClauses},
		{"too many alternatives", strings.TrimSuffix(strings.Repeat("id eq 'a' or ", 16), " or "), errFilterClauses},
		{"nested too deep", strings.Repeat("(", 5000) + "id eq 'a'", errFilterSyntax},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, fault := parseFilter(c.filter, applicationSet)
			if fault == nil {
				t.Fatal("accepted")
			}
			start, _, _ := strings.Cut(c.want.Message, "%")
			if fault.Code != c.want.Code || !strings.HasPrefix(fault.Message, start) {
				t.Errorf("refused with %v, want %v", fault, c.want)
			}
		})
	}
}

func TestBooleansAreCompared(t *testing.T) {
	sp := azureDevOpsPrincipal()
	f, fault := parseFilter("accountEnabled eq true and appId eq '"+devopsAppID+"'", principalSet)
	if fault != nil || !f.match(reflect.ValueOf(sp).Elem(), reflect.Value{}) {
		t.Errorf("an enabled principal does not match: %v", fault)
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		"displayName eq 'a''b'", "tags/any(t:t eq 'x') and not(id in ('a','b'))", "startswith(displayName,'x') or (id ne 'y')",
		"((", "not not", "a/b/c", "tags/any(", "'", "id eq null", "requiredResourceAccess/any(r:r/resourceAppId eq 'x')",
	} {
		f.Add(seed)
	}
	sample := reflect.ValueOf(filterSample()).Elem()
	f.Fuzz(func(t *testing.T, text string) {
		parsed, fault := parseFilter(text, applicationSet)
		if fault != nil {
			if fault.Status != 400 || fault.Code == "" {
				t.Errorf("refused with %+v", fault)
			}
			return
		}
		first := parsed.match(sample, reflect.Value{})
		if again := parsed.match(sample, reflect.Value{}); again != first {
			t.Error("the same object matches and does not")
		}
	})
}
