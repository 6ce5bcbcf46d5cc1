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

// Error joins field and message.
func (e FieldError) Error() string { return e.Field + ": " + e.Message }

// RedirectURIs fills the redirect URI with the inputs, all of which it
// checks. It returns either every URI or every error.
func (p Preset) RedirectURIs(inputs map[string]string) ([]entra.RedirectURI, []FieldError) {
	errs := p.unknownInputs(inputs)
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

// unknownInputs refuses what the integration does not ask for: most often a
// misspelt key of an environment file.
func (p Preset) unknownInputs(inputs map[string]string) []FieldError {
	var known []string
	for _, in := range p.Inputs {
		known = append(known, in.Name)
	}
	var errs []FieldError
	for name := range inputs {
		switch {
		case slices.Contains(known, name):
		case len(known) == 0:
			errs = append(errs, FieldError{"inputs." + name, p.Name + " takes no inputs: remove it"})
		default:
			errs = append(errs, FieldError{"inputs." + name, p.Name + " takes " + strings.Join(known, ", ") + " only: correct the name or remove it"})
		}
	}
	slices.SortFunc(errs, func(a, b FieldError) int { return strings.Compare(a.Field, b.Field) })
	return errs
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
		return checkURIs(answer)
	case ChoiceInput:
		return []string{answer}, in.checkChoice(answer)
	}
	return []string{answer}, in.checkText(answer)
}

// checkURIs splits a list of redirect URIs at blanks, which none can hold.
func checkURIs(answer string) ([]string, error) {
	uris := strings.Fields(answer)
	if len(uris) == 0 {
		uris = []string{""}
	}
	for _, u := range uris {
		if err := (entra.RedirectURI{URI: u, Platform: entra.Web}).Validate(entra.AnyOrganization); err != nil {
			return nil, err
		}
	}
	return uris, nil
}

func (in Input) checkChoice(answer string) error {
	var values []string
	for _, c := range in.Choices {
		values = append(values, c.Value)
	}
	if !slices.Contains(values, answer) {
		return fmt.Errorf("%q is no choice: give one of %s", answer, strings.Join(values, ", "))
	}
	return nil
}

// maxText bounds free text; nothing sensible is longer.
const maxText = 200

func (in Input) checkText(answer string) error {
	switch {
	case answer == "":
		return fmt.Errorf("it is missing: give %s", in.Label)
	case len(answer) > maxText:
		return fmt.Errorf("it is longer than %d characters: shorten it", maxText)
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
				return c.Where
			}
		}
	}
	return p.Where
}
