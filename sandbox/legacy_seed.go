package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// A seedLegacyApp is an app of Azure DevOps's retired OAuth, registered while
// it still took any.
type seedLegacyApp struct {
	Name        string   `json:"name"`
	Company     string   `json:"company"`
	Integration string   `json:"integration"` // the product that it was made for, if any
	CallbackURL string   `json:"callback_url"`
	Scopes      []string `json:"scopes"`      // without the resource: vso.work
	SecretDays  int      `json:"secret_days"` // until it expires, may be negative; 0: sixty
}

func (a seedLegacyApp) check() error {
	u, err := url.Parse(a.CallbackURL)
	switch {
	case a.Name == "":
		return errors.New(`"name" is missing`)
	case err != nil || u.Scheme != "https" || u.Host == "":
		return fmt.Errorf(`"callback_url" is %q: give an https URL`, a.CallbackURL)
	case len(a.Scopes) == 0:
		return errors.New(`"scopes" is empty: give what the app may ask for, such as vso.work`)
	}
	for _, s := range a.Scopes {
		if s == everything || scopeIDs()[devopsAppID][s] == "" {
			return fmt.Errorf(`"scopes" has %q, which is no scope of Azure DevOps`, s)
		}
	}
	return nil
}

// plantLegacyApp registers an app of one of the tenant's people.
func (w *world) plantLegacyApp(t *tenant, s seedLegacyApp) {
	id := stableID("legacy app", t.Domain, s.Name)
	days := cmp.Or(s.SecretDays, legacySecretDays)
	w.legacy.apps[id] = &legacyApp{
		ID: id, Name: s.Name, Company: cmp.Or(s.Company, t.DisplayName), CallbackURL: s.CallbackURL, Integration: s.Integration,
		Scopes: s.Scopes, Secret: legacySecret(id), SecretEnds: w.now().AddDate(0, 0, days).UTC().Truncate(time.Second), home: t.ID,
	}
}

// A ReadyLegacyApp is an app of Azure DevOps's own, retired OAuth, with what
// an integration is set up with. Its endpoints are /oauth2/authorize and
// /oauth2/token below the base of VSSPS.
type ReadyLegacyApp struct {
	Integration string   `json:"integration,omitempty"`
	Name        string   `json:"name"`
	AppID       string   `json:"app_id"`
	AppSecret   string   `json:"app_secret"` // a JWT, sent as client_assertion
	CallbackURL string   `json:"callback_url"`
	Scopes      []string `json:"scopes"` // the authorized ones; requests must name exactly these
}

// describeLegacyApps lists the apps of a tenant's people.
func (w *world) describeLegacyApps(t *tenant) []ReadyLegacyApp {
	apps := []ReadyLegacyApp{}
	for _, a := range w.legacy.sorted() {
		if a.home == t.ID {
			apps = append(apps, ReadyLegacyApp{
				Integration: a.Integration, Name: a.Name, AppID: a.ID, AppSecret: a.Secret, CallbackURL: a.CallbackURL, Scopes: a.Scopes,
			})
		}
	}
	return apps
}
