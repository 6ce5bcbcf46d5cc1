package trial

import (
	"fmt"
	"time"
)

// LifetimeWords says how long the token lives, and whether that is within the
// documented maximum.
func (r Report) LifetimeWords() string {
	if r.Lifetime <= 0 {
		return "The answer does not say how long the token lives."
	}
	words := duration(r.Lifetime)
	if !r.Expires.IsZero() {
		words += ", until " + r.Expires.UTC().Format("15:04:05 UTC")
	}
	if r.LifetimeOK {
		return words + "; within the documented 90 minutes"
	}
	return words + "; longer than the documented 90 minutes, as tenants with a token lifetime policy or continuous access evaluation give them"
}

// duration writes minutes and seconds.
func duration(d time.Duration) string {
	d = d.Round(time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%d seconds", d/time.Second)
	}
	if s := d % time.Minute / time.Second; s != 0 {
		return fmt.Sprintf("%d minutes %d seconds", d/time.Minute, s)
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}

// RefreshWords says whether a refresh token came and works.
func (r Report) RefreshWords() string {
	switch {
	case r.RefreshWorks:
		return "came, and gave a new access token"
	case r.RefreshCame:
		return "came, but gave no new access token: " + r.RefreshNote
	case r.RefreshAsked:
		return "did not come although offline_access was asked for"
	}
	return "did not come, because offline_access was not asked for"
}

// Reached is one thing the token was tried on, in words.
type Reached struct {
	What      string // "Organization contoso"
	OK, Tried bool
	Words     string
}

// Reached lists what the token was tried on: organization, then project.
func (r Report) Reached() []Reached {
	var out []Reached
	if r.Organization.named() {
		out = append(out, r.Organization.words("Organization"))
	}
	if r.Project.named() {
		out = append(out, r.Project.words("Project"))
	}
	return out
}

func (r Reach) named() bool { return r.Name != "" || r.Cause != "" || r.Note != "" }

func (r Reach) words(kind string) Reached {
	out := Reached{What: kind, OK: r.OK, Tried: r.Tried}
	if r.Name != "" {
		out.What += " " + r.Name
	}
	for _, s := range []string{r.Cause, r.asWords(), r.Note, r.Next} {
		if s == "" {
			continue
		}
		if out.Words != "" {
			out.Words += " "
		}
		out.Words += s
	}
	return out
}

func (r Reach) asWords() string {
	if r.As == "" {
		return ""
	}
	return "The token is known there as " + r.As + "."
}
