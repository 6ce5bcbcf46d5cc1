package entra

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// MaxFederated is how many federated credentials an application may have
// [Microsoft Learn, federatedIdentityCredentials resource type].
const MaxFederated = 20

// maxFederatedText bounds issuer, subject and audience, in characters.
const maxFederatedText = 600

// TokenExchange is the audience that Microsoft recommends; other clouds have
// others.
const TokenExchange = "api://AzureADTokenExchange"

// A FederatedCredential lets an application prove itself with a token of
// another issuer, so that there is no secret at all.
type FederatedCredential struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"` // unique on the application; cannot be changed
	// Issuer and Subject are what the token's iss and sub must be, letter for
	// letter; together they are unique on the application.
	Issuer   string `json:"issuer"`
	Subject  string `json:"subject"`
	Audience string `json:"audience"` // what the token's aud must be
}

var federatedName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$`)

// Validate says which part cannot be, and the mend.
func (f FederatedCredential) Validate() error {
	if !federatedName.MatchString(f.Name) {
		return errors.New("the name of a federated credential has 3 to 120 letters, digits, hyphens and underscores, and begins with a letter or digit")
	}
	if err := validIssuer(f.Issuer); err != nil {
		return err
	}
	if err := validFederatedText("subject", f.Subject); err != nil {
		return err
	}
	return validFederatedText("audience", f.Audience)
}

func validIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	switch {
	case issuer == "":
		return errors.New("the issuer is missing: it is the token's iss, such as https://token.actions.githubusercontent.com")
	case err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("the issuer must be an https address without query or fragment, exactly as the token's iss has it")
	case len(issuer) > maxFederatedText:
		return fmt.Errorf("the issuer has more than %d characters", maxFederatedText)
	}
	return nil
}

func validFederatedText(what, value string) error {
	switch {
	case value == "":
		return fmt.Errorf("the %s is missing: it must be exactly what the token has", what)
	case len(value) > maxFederatedText:
		return fmt.Errorf("the %s has more than %d characters", what, maxFederatedText)
	case strings.TrimSpace(value) != value || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fmt.Errorf("the %s begins or ends with a blank, or holds a character that cannot be shown", what)
	case what == "subject" && strings.Contains(value, "*"):
		return errors.New("the subject cannot hold *: it is compared letter for letter; add one credential for each branch or environment")
	}
	return nil
}

// Same reports whether two credentials admit the same tokens' issuer and
// subject, of which an application has each pair once.
func (f FederatedCredential) Same(o FederatedCredential) bool {
	return f.Issuer == o.Issuer && f.Subject == o.Subject
}
