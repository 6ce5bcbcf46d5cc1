package handlers

import (
	"time"

	"github.com/consentry/consentry/entra"
)

// galleryIdentities are the pages of signing in without this browser.
func galleryIdentities(h *Handlers) []galleryPage {
	const tenant, object = "11111111-2222-3333-4444-555555555555", "88888888-2222-3333-4444-555555555555"
	device := &devicePage{ID: "id", Device: h.Device, UserCode: "BCDFGHJKL", Address: "https://login.microsoft.com/device", Host: "login.microsoft.com", Ends: galleryTime.Add(15 * time.Minute), Seconds: 5}
	device.Title = "Sign in with a code"
	waiting := *device
	waiting.Pending = true
	person := &identityPage{Ambient: h.Ambient, Identity: entra.Identity{Person: entra.Person{Tenant: tenant, ID: object, UPN: "admin@contoso.example", DisplayName: "Ada Admin"},
		Client: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", ClientName: "Microsoft Azure CLI", Permissions: []string{"Application.ReadWrite.All", "User.Read.All"}}}
	app := &identityPage{Ambient: &Ambient{Kind: ManagedIdentity}, Identity: entra.Identity{Person: entra.Person{Tenant: tenant, ID: object, DisplayName: "Automation"},
		Client: "99999999-2222-3333-4444-555555555555", ClientName: "Automation", AppOnly: true, Permissions: []string{"Application.ReadWrite.OwnedBy"}}}
	app.Abilities = appAbilities(app.Identity, entra.Policies{SecretsForbidden: new(true)})
	nothing := &identityPage{Ambient: &Ambient{Kind: WorkloadIdentity}, Identity: entra.Identity{Person: app.Identity.Person, Client: app.Identity.Client, AppOnly: true}}
	nothing.Abilities = appAbilities(nothing.Identity, entra.Policies{})
	for _, p := range []*identityPage{person, app, nothing} {
		p.Title = "Is this the identity to use?"
	}
	alone := (&Handlers{Cloud: h.Cloud, Device: h.Device, Ambient: app.Ambient}).signInPage("/", levelRead, false)
	return []galleryPage{
		{"device", "device.html", device}, {"device-waiting", "device.html", &waiting},
		{"identity-person", "identity.html", person}, {"identity-app", "identity.html", app}, {"identity-nothing", "identity.html", nothing},
		{"sign-in-without-browser", "sign_in.html", alone},
	}
}
