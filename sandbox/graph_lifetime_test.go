package sandbox

import "testing"

// TestWithoutAPolicyASecretLastsAsLongAsAsked: whether the public service
// enforces a limit of its own is not known, and scripts of years ago ask for
// decades.
//
//parity:choice graph longest secret: as long as asked while no policy limits it
func TestWithoutAPolicyASecretLastsAsLongAsAsked(t *testing.T) {
	g := contoso(t)
	path := "/v1.0/applications/" + g.create(g.admin(), app(`"notes":""`)).text("id") + "/addPassword"
	const end = "2299-12-31T00:00:00Z"
	if o := g.call(g.admin(), "POST", path, `{"passwordCredential":{"endDateTime":"`+end+`"}}`).want(200); o.text("endDateTime") != end {
		t.Errorf("secret: %s", o.raw)
	}
}

// TestASecretLooksAsScannersKnowIt: the form is that of published patterns,
// by which leaked secrets are found.
//
//parity:choice graph form of secretText: 40 characters with 8Q~ as the fourth to sixth
func TestASecretLooksAsScannersKnowIt(t *testing.T) {
	g := contoso(t)
	path := "/v1.0/applications/" + g.create(g.admin(), app(`"notes":""`)).text("id") + "/addPassword"
	if text := g.call(g.admin(), "POST", path, `{}`).want(200).text("secretText"); len(text) != 40 || text[3:6] != "8Q~" {
		t.Errorf("%d characters, %q", len(text), text[:6])
	}
}
