package sandbox

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// The endpoints without "v2.0" name a resource instead of scopes: all that
// is registered and consented of it.

// authorizeV1 is GET and POST /{tenant}/oauth2/authorize.
func (v *visit) authorizeV1() *loginAnswer {
	v.v1 = true
	return v.authorize()
}

// tokenV1 is POST /{tenant}/oauth2/token.
func (v *visit) tokenV1() *loginAnswer {
	v.v1 = true
	return v.token()
}

// resourceScope is what resource means in terms of scopes.
func resourceScope(resource string) scopeRequest {
	s := scopeRequest{raw: resource, oidc: slices.Clone(oidcScopes)}
	if resource != "" {
		s.resources = []namedResource{{identifier: resource, isDefault: true}}
	}
	return s
}

// notListed refuses a resource that the registration does not list, unless
// there is consent to it all the same. With named scopes it need not be
// listed.
func (v *visit) notListed(s *subject, c client, wanted []asked, v1 bool) *refusal {
	if !v1 {
		return nil
	}
	for _, a := range wanted {
		consented := s.tenant.consented(c.AppID, a.resource, s.user.ID)
		if a.resource != c.AppID && !c.lists(a.resource) && len(consented) == 0 {
			return aadstsApp(650057, c.application,
				"resource", a.audience, "resourceAppId", a.resource, "list", c.listedResources())
		}
	}
	return nil
}

func (c client) listedResources() string {
	ids := make([]string, 0, len(c.RequiredResourceAccess))
	for _, r := range c.RequiredResourceAccess {
		ids = append(ids, r.ResourceAppID)
	}
	return strings.Join(ids, ", ")
}

// deviceBodyV1 is the answer of the device code endpoint without "v2.0":
// another name for the address, and numbers as text.
type deviceBodyV1 struct {
	UserCode        string `json:"user_code"`
	DeviceCode      string `json:"device_code"`
	VerificationURL string `json:"verification_url"`
	ExpiresIn       string `json:"expires_in"`
	Interval        string `json:"interval"`
	Message         string `json:"message"`
}

func (d deviceBody) v1() deviceBodyV1 {
	return deviceBodyV1{d.UserCode, d.DeviceCode, d.VerificationURI, strconv.Itoa(d.ExpiresIn), strconv.Itoa(d.Interval), d.Message}
}

func issueTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }
