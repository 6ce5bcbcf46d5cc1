// Package remind tells people that a credential ends, before it does: which
// reminder is due is decided from values alone, and rounds send what is due by
// signed webhook and by mail, each once.
//
// What ends when is known from what the console last read of an app
// registration and from the credentials it made itself. The directory is not
// asked: nobody may be signed in. A credential that somebody adds or removes
// in the portal is therefore known from the next setup, rotation or fix on.
package remind

import (
	"cmp"
	"slices"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/store"
)

// Steps are how many days before a credential's end its reminders are due, the
// most urgent last.
var Steps = []int{90, 30, 7, 1}

// A Kind is what sort of credential ends.
type Kind string

// The kinds of credentials that end.
const (
	ClientSecret Kind = "client secret"
	Certificate  Kind = "certificate"
)

// A Credential ends some day.
type Credential struct {
	Kind  Kind
	KeyID entra.KeyID
	Name  string // as people named it, without our marker
	Hint  string // a secret's first characters
	Start time.Time
	End   time.Time
	// Succeeded: a newer one of the environment is there already.
	Succeeded bool
}

// Due is the reminder that is due at now: the most urgent of those whose day
// has come, so that whoever starts late is told once. A step that lies before
// the credential was made is none: one that lives 60 days is no surprise on
// its first. ok is false when nothing is due, and from the end on.
func (c Credential) Due(now time.Time) (step int, ok bool) {
	if c.End.IsZero() || !now.Before(c.End) {
		return 0, false
	}
	for _, step := range slices.Backward(Steps) {
		if day := c.day(step); !now.Before(day) && day.After(c.Start) {
			return step, true
		}
	}
	return 0, false
}

// Next is the first reminder after now; ok is false when there is none left.
func (c Credential) Next(now time.Time) (at time.Time, step int, ok bool) {
	for _, step := range Steps {
		if day := c.day(step); day.After(now) && day.After(c.Start) && !c.End.IsZero() {
			return day, step, true
		}
	}
	return time.Time{}, 0, false
}

func (c Credential) day(step int) time.Time { return c.End.AddDate(0, 0, -step) }

// Credentials are those of an environment that end and that people should be
// told of: those with its marker, and where there is none of these, as for an
// app that was set up by hand, all. They come with the first to end.
func Credentials(env store.Environment, kept []store.KeptSecret, now time.Time) []Credential {
	if env.Result == nil || env.State == store.Removed || env.State == store.Draft {
		return nil
	}
	ours, others := []Credential{}, []Credential{}
	for _, c := range known(env, kept) {
		if c.End.IsZero() || !now.Before(c.End) {
			continue
		}
		if _, marked := entra.IsOurSecret(c.Name, env.Name); marked {
			ours = append(ours, c)
		} else {
			others = append(others, c)
		}
	}
	if len(ours) == 0 {
		ours = others
	}
	slices.SortStableFunc(ours, func(a, b Credential) int { return cmp.Or(a.End.Compare(b.End), cmp.Compare(a.KeyID, b.KeyID)) })
	for i := range ours {
		ours[i].Succeeded = slices.ContainsFunc(ours, func(o Credential) bool { return o.Start.After(ours[i].Start) && o.End.After(ours[i].End) })
		ours[i].Name = describe(ours[i].Name, env.Name)
	}
	return ours
}

// known are the credentials of the last reading, and the secrets made here
// since.
func known(env store.Environment, kept []store.KeptSecret) []Credential {
	var out []Credential
	newest := time.Time{}
	for _, s := range env.Result.App.Secrets {
		out = append(out, Credential{Kind: ClientSecret, KeyID: s.KeyID, Name: s.Name, Hint: s.Hint, Start: s.Start, End: s.End})
		if s.Start.After(newest) {
			newest = s.Start
		}
	}
	for _, c := range env.Result.App.Certificates {
		out = append(out, Credential{Kind: Certificate, KeyID: c.KeyID, Name: c.Name, Start: c.Start, End: c.End})
	}
	for _, k := range kept {
		if !slices.ContainsFunc(out, func(c Credential) bool { return c.KeyID == k.KeyID }) && k.Created.After(newest) {
			out = append(out, Credential{Kind: ClientSecret, KeyID: k.KeyID, Name: entra.SecretName("", env.Name, k.Operation), Hint: k.Hint, Start: k.Created, End: k.Expires})
		}
	}
	return out
}
