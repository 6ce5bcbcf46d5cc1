package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// A level is how much of the directory a person has allowed the console to
// reach in their name, each one with all before it. It is asked for when a
// page needs it and not earlier.
type level int

const (
	levelSignIn  level = iota // who they are
	levelRead                 // what is in the directory
	levelWrite                // app registrations
	levelConsent              // consent for the tenant
)

type scopeWords struct{ Name, Why string }

// levels are the permissions of each level, and what its address calls it.
// They are the least that Microsoft Graph has for these calls
// [microsoftgraph/microsoft-graph-docs].
var levels = [...]struct {
	name string
	oidc bool // not of Microsoft Graph
	asks []scopeWords
}{
	levelSignIn: {"sign-in", true, []scopeWords{
		{"openid", "know that it is you"},
		{"profile", "show your name"},
		{"offline_access", "keep you signed in while you work"},
	}},
	levelRead: {"read", false, []scopeWords{
		{"User.Read", "know who you are in the directory, and your roles there"},
		{"Application.Read.All", "read app registrations and enterprise applications"},
		{"DelegatedPermissionGrant.Read.All", "read who has consented to what"},
		{"Policy.Read.All", "read the tenant's rules on apps, consent and secrets, so that the plan keeps to them"},
	}},
	levelWrite: {"write", false, []scopeWords{
		{"Application.ReadWrite.All", "create and change the app registrations you may change yourself"},
	}},
	levelConsent: {"consent", false, []scopeWords{
		{"DelegatedPermissionGrant.ReadWrite.All", "consent for the tenant, where your role allows it"},
	}},
}

// String is the level as addresses have it.
func (l level) String() string { return levels[l].name }

// parseLevel reads what an address asks for.
func parseLevel(name string) (level, bool) {
	for l, known := range levels {
		if known.name == name {
			return level(l), true
		}
	}
	return levelSignIn, false
}

// scopes are what an authorization request for the level asks for.
func (l level) scopes() []string {
	var out []string
	for _, known := range levels[:l+1] {
		for _, s := range known.asks {
			if known.oidc {
				out = append(out, s.Name)
			} else {
				out = append(out, "https://graph.microsoft.com/"+s.Name)
			}
		}
	}
	return out
}

// words say what an authorization request for the level asks for.
func (l level) words() []scopeWords {
	var out []scopeWords
	for _, known := range levels[:l+1] {
		out = append(out, known.asks...)
	}
	return out
}

// levelReached is the highest level that tokens were asked for and have.
func levelReached(t oauth.Tokens) level {
	l := levelSignIn
	for next := l + 1; int(next) < len(levels) && t.Allow(next.scopes()); next++ {
		l = next
	}
	return l
}

// most is the highest level that somebody of a role may be asked for: nobody
// consents to what they have no use for.
func (r Role) most() level {
	switch r {
	case Admin:
		return levelConsent
	case Support:
		return levelRead
	}
	return levelSignIn
}

// levelOf is what a change takes.
func levelOf(r entra.Request) level {
	if strings.HasPrefix(r.Path, "/oauth2PermissionGrants") {
		return levelConsent
	}
	return levelWrite
}

// levelOfPlan is what all of a plan's changes take.
func levelOfPlan(steps []setup.Step) level {
	need := levelRead
	for _, s := range steps {
		switch {
		case s.Action == setup.Keep:
		case strings.HasPrefix(string(s.ID), "grant:"):
			need = levelConsent
		case s.Request != nil:
			need = max(need, levelOf(*s.Request))
		default:
			need = max(need, levelWrite)
		}
	}
	return need
}

// A needsError says that a page takes a level which the person has not allowed
// yet. Pages answer it with the way to allow it.
type needsError struct{ level level }

// Error implements error.
func (e *needsError) Error() string {
	return fmt.Sprintf("it was not allowed at Microsoft yet (%s)", e.level)
}

// allowed reports, as a *needsError, that the person has not allowed the
// level. An identity that was there before the console came has what it has.
func (h *Handlers) allowed(ctx context.Context, p entra.Person, need level) error {
	t, err := h.keptTokens(ctx, p)
	switch {
	case errors.Is(err, store.ErrNotFound):
		if h.ambient() == nil {
			return errSignedOut
		}
		return nil
	case err != nil:
		return err
	case levelReached(t) < need:
		return &needsError{need}
	}
	return nil
}

// acting is a person's directory that changes nothing they have not allowed.
type acting struct {
	Directory
	allowed func(context.Context, level) error
}

// Do implements setup.Directory.
func (a acting) Do(ctx context.Context, ch entra.Change) (entra.Created, error) {
	r := ch.Request()
	if err := a.allowed(ctx, levelOf(r)); err != nil {
		return entra.Created{}, &entra.NoAnswerError{Service: "Microsoft Graph", Method: r.Method, Path: r.Path, Err: err}
	}
	return a.Directory.Do(ctx, ch)
}

// directoryOf acts in a person's name, within a request or apart from it.
func (h *Handlers) directoryOf(p entra.Person) (Directory, error) {
	return h.directoryWith(p, h.tokens(p))
}

// directoryWith is directoryOf with tokens that may be had under conditions.
func (h *Handlers) directoryWith(p entra.Person, tokens TokenFunc) (Directory, error) {
	d, err := h.NewDirectory(tokens)
	if err != nil {
		return nil, err
	}
	return acting{d, func(ctx context.Context, need level) error { return h.allowed(ctx, p, need) }}, nil
}

// readerOf is the directory of a person who has allowed to read it; nil for
// anybody else.
func (h *Handlers) readerOf(ctx context.Context, p entra.Person) Directory {
	if p.ID == "" || h.allowed(ctx, p, levelRead) != nil {
		return nil
	}
	d, err := h.directoryOf(p)
	if err != nil {
		return nil
	}
	return d
}
