package oauth

import (
	"context"
	"errors"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
)

// A Probe is what the authorization endpoint says to a request when nobody is
// signed in and no page may be shown.
type Probe struct {
	// Accepted: client ID, redirect URI and scopes are taken, and only the
	// sign-in is missing. What depends on the person, consent above all, is
	// not looked at before that.
	Accepted bool
	// OnPage: the error stays on the service's own page, so the integration
	// would never hear of it.
	OnPage bool
	AADSTS int
	Error  string // OAuth error code; empty for an error on the page
	Text   string // the service's own; untrusted, one line
}

// needSignIn are the errors of a request that is right but silent
// [MicrosoftDocs/entra-docs/docs/identity-platform/v2-protocols-oidc.md].
var needSignIn = []string{"login_required", "interaction_required", "consent_required", "account_selection_required"}

// Probe sends the authorization request of an integration without a person:
// with prompt=none, following no redirect. Nothing is granted or changed.
// What r.Prompt says is not used. The error means that no answer came that
// tells.
func (c *Client) Probe(ctx context.Context, r Request) (Probe, error) {
	r.Prompt = "none"
	_, address := Begin(c.Cloud, r, time.Time{}) // the flow ends here: nothing comes back
	resp, answer, err := c.get(ctx, strings.TrimPrefix(address, c.Cloud.Authorize))
	if err != nil {
		return Probe{}, err
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return redirected(resp, answer)
	}
	return shown(resp, answer)
}

// redirected reads the answer that a browser would carry to the integration.
// It stands in the query, or in the fragment where the service chose that.
func redirected(resp *http.Response, a outbound.Answer) (Probe, error) {
	to, err := resp.Location()
	if err != nil {
		return Probe{}, unusable(a, resp.Request, errors.New("the redirect leads nowhere"))
	}
	said := to.Query()
	if fragment, err := url.ParseQuery(to.Fragment); err == nil && fragment.Has("error") {
		said = fragment
	}
	cb := ParseCallback(said)
	return Probe{
		Accepted: cb.Error == "" || slices.Contains(needSignIn, cb.Error),
		AADSTS:   cb.AADSTS, Error: cb.Error, Text: cb.Description,
	}, nil
}

// shown reads the service's own page: with prompt=none there is none but the
// error page.
func shown(resp *http.Response, a outbound.Answer) (Probe, error) {
	page := string(a.Body)
	code := tellingCode(page)
	if code == 0 {
		return Probe{}, unusable(a, resp.Request, errors.New("what came back is neither a redirect nor an error of the sign-in service"))
	}
	return Probe{OnPage: true, AADSTS: code, Text: lineWith(page, "AADSTS"+strconv.Itoa(code))}, nil
}

// lineWith is the page's text from a mark to the next tag, quote or line's end.
func lineWith(page, mark string) string {
	_, rest, _ := strings.Cut(page, mark)
	if end := strings.IndexAny(rest, "<\"\r\n"); end >= 0 {
		rest = rest[:end]
	}
	return entra.ForeignText(html.UnescapeString(mark + rest))
}
