package checks

// An Input is something a person or an environment gives.
type Input string

// The inputs that a check can ask for.
const (
	InputClientID     Input = "client ID"
	InputTenant       Input = "tenant"
	InputSecret       Input = "client secret"
	InputRedirectURI  Input = "redirect URI"
	InputScopes       Input = "scopes"
	InputOrganization Input = "organization"
	InputProject      Input = "project"
	InputSignIn       Input = "sign-in address"
)

// inputs are what each of them is read from and, for who did not give it,
// what to give.
var inputs = map[Input]struct {
	given func(Given) bool
	why   string
	would string
}{
	InputClientID:     {func(g Given) bool { return g.ClientID != "" }, "No client ID was given.", "Give the Application (client) ID of the app registration."},
	InputTenant:       {func(g Given) bool { return g.Tenant != "" }, "No tenant was given.", "Give the tenant that is signed in at: its ID, one of its domains, or organizations."},
	InputSecret:       {func(g Given) bool { return g.Secret.Given }, "No client secret was given.", "Give the client secret."},
	InputRedirectURI:  {func(g Given) bool { return g.RedirectURI != "" }, "No redirect URI was given.", "Give the redirect URI that the integration sends."},
	InputScopes:       {func(g Given) bool { return g.Scopes != "" }, "No scopes were given.", "Give the scopes that the integration asks for, as it sends them."},
	InputOrganization: {func(g Given) bool { return g.Organization != "" }, "No Azure DevOps organization was given.", "Give the organization's name or address."},
	InputProject:      {func(g Given) bool { return g.Project != "" }, "No project was given.", "Give the project's name."},
	InputSignIn:       {func(g Given) bool { return g.Endpoint != "" || g.Secret.Given }, "It is not known where the integration signs in.", "Give the address of the page that the integration opens for signing in, or the client secret."},
}

// lacking returns what would be needed of the first input that was not given.
func (g Given) lacking(asked []Input) *Gap {
	for _, in := range asked {
		if row := inputs[in]; !row.given(g) {
			return &Gap{row.why, row.would, true}
		}
	}
	return nil
}
