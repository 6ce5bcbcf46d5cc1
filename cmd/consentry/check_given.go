package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

// given is what the flags say about the integration, as it was typed, with
// what the preset says where they say nothing.
func (c *CheckCmd) given() (checks.Given, error) {
	g := checks.Given{
		Integration: c.Preset, Inputs: c.Input, ClientID: c.ClientID, Tenant: c.Tenant, RedirectURI: c.RedirectURI,
		Scopes: strings.Join(c.Scope, " "), Organization: c.Organization, Project: c.Project, Endpoint: c.SignInURL,
	}
	if c.ClientID+c.Tenant+c.SecretEnv+c.RedirectURI+g.Scopes+c.Organization+c.Preset+c.SignInURL == "" {
		return g, errors.New("there is nothing to check yet: give what the integration uses, --client-id first; consentry check --help names the rest")
	}
	if err := c.checkInputs(); err != nil {
		return g, err
	}
	return diagnose.Complete(g), nil
}

// checkInputs refuses inputs that no integration has: they would count for
// nothing without a word.
func (c *CheckCmd) checkInputs() error {
	if c.Preset == "" {
		if len(c.Input) > 0 {
			return errors.New("--input goes with --preset, which says what is made of it")
		}
		return nil
	}
	p, ok := preset.ByID(c.Preset)
	if !ok {
		return fmt.Errorf("--preset %q is unknown: choose one of %s", c.Preset, strings.Join(integrations(), ", "))
	}
	var names []string
	for _, in := range p.Inputs {
		names = append(names, in.Name)
	}
	for name := range c.Input {
		if !slices.Contains(names, name) {
			return fmt.Errorf("--input %s: %s has no such input; those it has: %s", name, p.Name, cmp.Or(strings.Join(names, ", "), "none"))
		}
	}
	return nil
}

// secretFrom reads the secret from the variable that a flag names; zero when
// the flag names none.
func secretFrom(flag, variable string) (entra.Sensitive, error) {
	if variable == "" {
		return entra.Sensitive{}, nil
	}
	value := os.Getenv(variable)
	if value == "" {
		return entra.Sensitive{}, fmt.Errorf("%s: the environment variable %s is empty: put the client secret into it", flag, variable)
	}
	return entra.NewSensitive(value), nil
}

// selected are the checks of --check with those they come after, in the order
// of display; all without the flag.
func (c *CheckCmd) selected() ([]*checks.Check, error) {
	if len(c.Check) == 0 {
		return checks.All, nil
	}
	wanted := map[string]bool{}
	for _, id := range c.Check {
		if _, ok := checks.Lookup(id); !ok {
			return nil, fmt.Errorf("--check %q: there is no such check; consentry check --list names them all", id)
		}
		wanted[id] = true
	}
	var out []*checks.Check
	for _, check := range slices.Backward(checks.All) { // what a check comes after stands before it
		if wanted[check.ID] {
			out = append(out, check)
			for _, id := range check.After {
				wanted[id] = true
			}
		}
	}
	slices.Reverse(out)
	return out, nil
}
