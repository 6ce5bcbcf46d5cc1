package entra

// A Fixer is who can mend what went wrong.
type Fixer string

// Who can mend: whoever owns the app registration or the integration, the
// tenant's administrator, the Azure DevOps organization's administrator, the
// person signing in, or Microsoft alone.
const (
	AppOwner          Fixer = "app owner"
	TenantAdmin       Fixer = "tenant admin"
	OrganizationAdmin Fixer = "organization admin"
	EndUser           Fixer = "user"
	Microsoft         Fixer = "Microsoft"
)

// An Explanation says in plain words of ours what went wrong, what to do
// next and who can do it.
type Explanation struct {
	Cause string `json:"cause"`
	Next  string `json:"next"`
	Who   Fixer  `json:"who"`
}
