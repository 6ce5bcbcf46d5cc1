package handlers

import (
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/advise"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/web"
)

// mostOld is how much of a form about an old app is read, in bytes each.
const mostOld = 16 << 10

// legacyPage says what ends when, and leads to the guides.
type legacyPage struct {
	web.Base
	Retirements  []advise.Retirement
	Counterparts []advise.Counterpart
	Guides       []guideLine
	Scopes       string // carried along to a guide
}

type guideLine struct {
	advise.Guide
	Href  string
	State state
}

// guidePage leads one integration over.
type guidePage struct {
	web.Base
	Guide        advise.Guide
	State        state
	Place        []string
	Scopes       web.Field // the old ones, as typed
	Address      web.Field // where the old app sends people to
	Carried      []advise.Carried
	NewScopes    []string
	ScopeString  web.Copyable // as the product's field takes it
	Callback     *callbackView
	SetUp        string // begins it with what is carried over
	Notes        []string
	Wire         []advise.Counterpart
	Counterparts []advise.Counterpart
}

// callbackView compares the old callback URL with the product's redirect URI.
type callbackView struct {
	Old  string
	Same bool
	New  string // the product's, when it differs
}

func (h *Handlers) showLegacy(c *gin.Context) (web.Response, error) {
	return web.Page("legacy.html", newLegacyPage(cutOld(c.Query("scopes")))), nil
}

func newLegacyPage(scopes string) *legacyPage {
	page := &legacyPage{Retirements: advise.Retirements(), Counterparts: advise.Counterparts(), Scopes: scopes}
	page.Title, page.Section = "Leaving Azure DevOps' own OAuth", "diagnose"
	for _, g := range advise.Guides() {
		page.Guides = append(page.Guides, guideLine{Guide: g, State: supportState(g.Support), Href: guideWith(g.Preset, scopes)})
	}
	return page
}

func guideWith(p preset.Preset, scopes string) string {
	href := "/legacy/" + p.ID
	if scopes != "" {
		href += "?" + url.Values{"scopes": {scopes}}.Encode()
	}
	return href
}

func supportState(s advise.Support) state {
	switch s {
	case advise.EntraOnly:
		return state{"good", "signs in with Entra"}
	case advise.Both:
		return state{"good", "offers both"}
	case advise.LegacyOnly:
		return state{"warn", "ask the vendor first"}
	}
	return state{"idle", "your own service"}
}

func (h *Handlers) showLegacyGuide(c *gin.Context) (web.Response, error) {
	return h.guide(c, cutOld(c.Query("scopes")), "")
}

// readOldApp takes the form with POST: what is pasted may hold a secret, which
// belongs in no address. Nothing of it is kept.
func (h *Handlers) readOldApp(c *gin.Context) (web.Response, error) {
	return h.guide(c, cutOld(c.PostForm("scopes")), cutOld(c.PostForm("address")))
}

func cutOld(s string) string { return strings.ToValidUTF8(s[:min(len(s), mostOld)], "") }

func (h *Handlers) guide(c *gin.Context, scopes, address string) (web.Response, error) {
	g, ok := advise.GuideFor(c.Param("integration"))
	if !ok {
		return nil, web.NotFound("integration")
	}
	return web.Page("legacy_guide.html", newGuidePage(g, h.Cloud, scopes, address)), nil
}

func newGuidePage(g advise.Guide, cloud entra.Cloud, scopes, address string) *guidePage {
	page := &guidePage{
		Guide: g, State: supportState(g.Support), Place: g.Preset.Place(nil),
		Wire: advise.WireChanges(cloud), Counterparts: advise.Counterparts(),
	}
	page.Title, page.Section = g.Preset.Name+": leaving Azure DevOps' own OAuth", "diagnose"
	scopes, address = page.withoutSecrets(scopes), page.withoutSecrets(address)
	old, found := advise.ReadOldApp(address)
	if address != "" && !found {
		page.Notes = append(page.Notes, "The address is none that Azure DevOps' own OAuth takes: it begins with https://app.vssps.visualstudio.com/oauth2/authorize. It was not used.")
	}
	if scopes == "" {
		scopes = strings.Join(old.Scopes, " ")
	}
	page.fields(scopes, address)
	page.carry(scopes, old)
	return page
}

// withoutSecrets drops a text that holds a secret or a token of the old OAuth.
func (page *guidePage) withoutSecrets(text string) string {
	for _, t := range advise.Legacy(text) {
		if t.Kind == advise.SecretTrace || t.Kind == advise.LegacyTokenTrace {
			page.Notes = append(page.Notes, "What was pasted holds "+t.Text+". It was not used and is kept nowhere: nothing of it is needed here.")
			return ""
		}
	}
	return text
}

func (page *guidePage) fields(scopes, address string) {
	page.Scopes = web.Field{Name: "scopes", Label: "Its Authorized Scopes", Type: "textarea", Value: scopes, Placeholder: "Work items (full), Code (read)",
		Help: "As the old app's page lists them, by label or by name: vso.work_full."}
	page.Address = web.Field{Name: "address", Label: "Or the address it sends people to", Value: address, Placeholder: "https://app.vssps.visualstudio.com/oauth2/authorize?client_id=…&scope=…",
		Help: "It holds the scopes and the callback URL. Copy it from the browser when the sign-in opens."}
}

func (page *guidePage) carry(scopes string, old advise.OldApp) {
	p := page.Guide.Preset
	page.Carried = advise.CarryOver(scopes)
	page.NewScopes = advise.NewScopes(page.Carried)
	if len(page.NewScopes) > 0 {
		page.ScopeString = web.Copyable{Label: "scopes", Value: p.ScopeString(page.NewScopes)}
	}
	inputs := inputsFrom(p, old.CallbackURL)
	if old.CallbackURL != "" {
		page.Callback = &callbackView{Old: old.CallbackURL, Same: inputs != nil || old.CallbackURL == p.RedirectURI, New: p.RedirectURI}
	}
	page.SetUp = setUpWith(p, page.NewScopes, inputs)
}

// inputsFrom reads the integration's inputs out of a callback URL that has the
// form of its redirect URI; nil when it has not, or nothing is to be read.
func inputsFrom(p preset.Preset, callback string) map[string]string {
	for _, in := range p.Inputs {
		before, after, ok := strings.Cut(p.RedirectURI, "{"+in.Name+"}")
		if !ok || callback == "" {
			continue
		}
		rest, begins := strings.CutPrefix(callback, before)
		value, ends := strings.CutSuffix(rest, after)
		inputs := map[string]string{in.Name: value}
		if _, errs := p.RedirectURIs(inputs); begins && ends && len(errs) == 0 {
			return inputs
		}
	}
	return nil
}
