package preset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// A FieldError names an input and the mend.
type FieldError struct {
	Field   string // "inputs.host"
	Message string // a sentence for people
}

// RedirectURIs fills the redirect URI with the inputs, each of which it
// checks; inputs the integration does not ask for are not looked at. It
// returns either every URI or every error.
func (p Preset) RedirectURIs(inputs map[string]string) ([]entra.RedirectURI, []FieldError) {
	var errs []FieldError
	filled := []string{p.RedirectURI}
	for _, in := range p.Inputs {
		values, err := in.check(inputs[in.Name])
		if err != nil {
			errs = append(errs, FieldError{"inputs." + in.Name, err.Error()})
			continue
		}
		filled = fill(filled, "{"+in.Name+"}", values)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	var uris []entra.RedirectURI
	for _, s := range filled {
		uris = append(uris, entra.RedirectURI{URI: s, Platform: entra.Web})
	}
	if err := entra.ValidateRedirectURIs(uris, p.Audience); err != nil {
		return nil, []FieldError{{p.redirectField(), err.Error()}}
	}
	return uris, nil
}

// fill replaces a placeholder in each template by each value.
func fill(templates []string, placeholder string, values []string) []string {
	var out []string
	for _, t := range templates {
		if !strings.Contains(t, placeholder) {
			out = append(out, t)
			continue
		}
		for _, v := range values {
			out = append(out, strings.ReplaceAll(t, placeholder, v))
		}
	}
	return out
}

// redirectField is the input that a bad redirect URI comes from.
func (p Preset) redirectField() string {
	for _, in := range p.Inputs {
		if strings.Contains(p.RedirectURI, "{"+in.Name+"}") {
			return "inputs." + in.Name
		}
	}
	return "inputs"
}

// check returns what an input's answer stands for: one value, or several for
// a list of redirect URIs.
func (in Input) check(answer string) ([]string, error) {
	answer = strings.TrimSpace(answer)
	if answer == "" {
		answer = in.Default
	}
	switch in.Kind {
	case HostInput:
		host, err := entra.ParseHost(answer)
		return []string{host}, err
	case URIInput:
		return splitURIs(answer), nil
	}
	return []string{answer}, in.checkChoice(answer)
}

// splitURIs splits a list of redirect URIs at blanks, which none can hold.
// None at all is one empty URI, which no rule lets pass.
func splitURIs(answer string) []string {
	if uris := strings.Fields(answer); len(uris) > 0 {
		return uris
	}
	return []string{""}
}

func (in Input) checkChoice(answer string) error {
	var values []string
	for _, c := range in.Choices {
		values = append(values, c.Value)
	}
	if !slices.Contains(values, answer) {
		return fmt.Errorf("the choice %q does not exist: give one of %s", answer, strings.Join(values, ", "))
	}
	return nil
}

// Place is the path to the integration's form, which for some depends on an
// input.
func (p Preset) Place(inputs map[string]string) []string {
	for _, in := range p.Inputs {
		answer := inputs[in.Name]
		if answer == "" {
			answer = in.Default
		}
		for _, c := range in.Choices {
			if c.Value == answer && len(c.Where) > 0 {
				return placeWords(c.Where)
			}
		}
	}
	return placeWords(p.Where)
}

// placeWords says what a page's placeholder stands for: "[ENVIRONMENT]" is
// whichever environment of theirs a person chooses.
func placeWords(path []string) []string {
	out := slices.Clone(path)
	for i, part := range out {
		if inner, ok := strings.CutPrefix(part, "["); ok {
			out[i] = "your " + strings.ToLower(strings.TrimSuffix(inner, "]"))
		}
	}
	return out
}
