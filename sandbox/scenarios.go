package sandbox

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"
)

//go:embed data/scenarios.json
var scenarioData []byte

// builtin are the scenarios: a seed file that says what is special about each
// tenant. Everybody knows the people, so they are not repeated there.
var builtin = sync.OnceValue(func() seedFile {
	var f seedFile
	if err := decodeStrict(scenarioData, &f); err != nil {
		panic(fmt.Sprintf("embedded scenarios: %v", err))
	}
	for i := range f.Tenants {
		f.Tenants[i].Users = append(slices.Clone(threePeople), f.Tenants[i].Users...)
	}
	for i := range f.Organizations {
		if f.Organizations[i].Tenant != "" {
			f.Organizations[i].Members = everybody
		}
	}
	return f
})

// threePeople live in each scenario's tenant. Everybody's password follows
// from their name.
var threePeople = []seedUser{
	{Name: "admin", DisplayName: "Ada Admin", Password: "Sandbox-Admin-1!", Roles: []string{"Global Administrator"}},
	{Name: "developer", DisplayName: "Dev Developer", Password: "Sandbox-Developer-1!", Roles: []string{"Application Developer"}},
	{Name: "user", DisplayName: "Uma User", Password: "Sandbox-User-1!"},
}

var everybody = []seedMember{
	{User: "admin", Access: accessBasic, Admin: true},
	{User: "developer", Access: accessBasic},
	{User: "user", Access: accessBasic},
}
