package handlers

import (
	"fmt"
	"strings"
)

// A Role is what a person may do with the console, each one more than the one
// before. In shared use it comes from the app roles of the console's own
// registration; on a person's own machine that person has the highest.
type Role int

// The roles. Anyone is whoever reaches the console, signed in or not.
const (
	Anyone  Role = iota
	Viewer       // reads what is kept, no secret among it
	Support      // runs checks and tests besides
	Admin        // creates, reveals, changes and deletes besides
)

var roleNames = map[Role]string{Anyone: "anyone", Viewer: "viewer", Support: "support", Admin: "admin"}

// String is the role as the roles claim of a token has it.
func (r Role) String() string { return roleNames[r] }

// ParseRole reads an app role's value exactly; Anyone is none that can be
// given.
func ParseRole(value string) (Role, error) {
	for r, name := range roleNames {
		if r != Anyone && name == value {
			return r, nil
		}
	}
	return Anyone, fmt.Errorf("%q is no role of this console: there are viewer, support and admin", strings.ToValidUTF8(value, "?"))
}
