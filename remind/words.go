package remind

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/store"
)

// describe is a credential's name without our marker.
func describe(name, environment string) string {
	operation, ours := entra.IsOurSecret(name, environment)
	if !ours {
		return name
	}
	return strings.TrimSpace(strings.TrimSuffix(name, entra.SecretName("", environment, operation)))
}

// A Notice is one reminder as it is sent.
type Notice struct {
	Environment store.Environment
	Credential  Credential
	Step        int // days before the end that the reminder stands for
	Left        int // whole days left, rounded up
	Integration string
	Link        string // where to go on, in the console
}

// newNotice is the reminder of a step at now. base is the console's address.
func newNotice(env store.Environment, integration, base string, c Credential, step int, now time.Time) Notice {
	return Notice{
		Environment: env, Credential: c, Step: step, Integration: integration,
		Left: int(math.Ceil(c.End.Sub(now).Hours() / 24)),
		Link: base + "/environments/" + env.ID + "/rotate",
	}
}

// Called is how people know the credential: its kind, its first characters and
// its name.
func (c Credential) Called() string {
	out := string(c.Kind)
	if c.Hint != "" {
		out += " " + c.Hint + "…"
	}
	if c.Name != "" {
		out += " (" + c.Name + ")"
	}
	return out
}

func (n Notice) left() string {
	if n.Left == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n.Left)
}

// Subject is one line.
func (n Notice) Subject() string {
	return fmt.Sprintf("%s: the %s ends in %s", n.Environment.Name, n.Credential.Kind, n.left())
}

// Text says what ends, what stops working then, and what to do.
func (n Notice) Text() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("The %s of %s ends in %s, on %s.", n.Credential.Called(), n.Environment.Name, n.left(), n.Credential.End.UTC().Format("2 January 2006, 15:04 UTC"))
	say("From then on nobody can connect through %s, and whoever is connected is cut off within the hour.", n.Integration)
	say("")
	if n.Credential.Succeeded {
		say("A newer one is there already. Check that %s uses it, then retire the old one:", n.Integration)
	} else {
		say("Add the next one, enter it in %s, and retire the old one when the new one is proven. Nothing stops working in between:", n.Integration)
	}
	say("%s", n.Link)
	say("")
	say("Environment: %s", n.Environment.Name)
	say("Integration: %s", n.Integration)
	say("Tenant: %s", tenant(n.Environment))
	say("Application (client) ID: %s", n.Environment.Result.App.ClientID)
	say("ID of the %s: %s", n.Credential.Kind, n.Credential.KeyID)
	return b.String()
}

func tenant(env store.Environment) string {
	if env.TenantName == "" {
		return string(env.Tenant)
	}
	return env.TenantName + " (" + string(env.Tenant) + ")"
}
