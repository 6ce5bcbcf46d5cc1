package explain

import (
	"fmt"
	"strings"

	"github.com/consentry/consentry/entra"
)

// An entry is what is known about one cause.
type entry struct {
	ID    string `json:"id"`
	Title string `json:"title"` // the cause in a few words
	// Summary and Steps may name recognised values: "{client_id|the app}" is
	// the client ID, or "the app" where none was recognised.
	Summary string   `json:"summary"`
	Who     string   `json:"who"`
	Steps   []string `json:"steps"`
	Links   []string `json:"links"`   // names in linkTo
	Decides string   `json:"decides"` // check id, or empty
	// Near are causes it is mistaken for, likeliest first.
	Near     []string `json:"near"`
	Examples []string `json:"examples"`
}

// cause fills an entry in for one paste.
func (e entry) cause(s *signs) Cause {
	c := Cause{ID: e.ID, Title: e.Title, WhoFixes: e.Who, Summary: s.fill(e.Summary), Links: s.links(e.Links)}
	for _, step := range e.Steps {
		c.Steps = append(c.Steps, s.fill(step))
	}
	if e.Decides != "" {
		c.Decides = &e.Decides
	}
	if e.ID == Unknown {
		s.tellCode(&c)
	}
	c.Message = s.message(c)
	return c
}

// whoFixes are the people of the entra package, in the words of the result.
var whoFixes = map[entra.Fixer]string{
	entra.AppOwner: "app_owner", entra.TenantAdmin: "tenant_admin", entra.OrganizationAdmin: "org_admin",
	entra.EndUser: "user", entra.Microsoft: "service",
}

// tellCode puts what is known about the paste's own code into a cause that
// has no better name.
func (s *signs) tellCode(c *Cause) {
	for _, found := range s.telling() {
		e, ok := explanation(found.name)
		if !ok {
			continue
		}
		c.Summary = found.name + ": " + e.Cause
		c.Steps = append([]string{e.Next}, c.Steps...)
		c.WhoFixes = whoFixes[e.Who]
		return
	}
}

func explanation(name string) (entra.Explanation, bool) {
	var number int
	if _, err := fmt.Sscanf(name, "AADSTS%d", &number); err == nil {
		e, ok := entra.LookupAADSTS(number)
		return e.Explanation, ok
	}
	if e, ok := entra.ExplainDevOps(name); ok {
		return e.Explanation, true
	}
	return entra.ExplainOAuth(name, "")
}

// fill puts recognised values into a text: "{client_id|the app}".
func (s *signs) fill(text string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		if !found {
			out.WriteString(before)
			return out.String()
		}
		field, after, _ := strings.Cut(rest, "}")
		name, otherwise, _ := strings.Cut(field, "|")
		value := entra.ForeignText(s.entities.field(name))
		if value == "" {
			value = otherwise
		}
		if value == "" { // no blank for what is not there
			before = strings.TrimSuffix(before, " ")
		}
		out.WriteString(before)
		out.WriteString(value)
		text = after
	}
}

// actors are the people in words for a message.
var actors = map[string]string{
	"app_owner":    "whoever owns the app registration or the integration",
	"tenant_admin": "an administrator of the Microsoft Entra tenant",
	"org_admin":    "an administrator of the Azure DevOps organization",
	"user":         "the person who signs in",
	"service":      "Microsoft, or the vendor of the service",
}

// message writes to the customer what the cause says.
func (s *signs) message(c Cause) string {
	var b strings.Builder
	b.WriteString("Hello,\n\nwe looked at what you sent. ")
	if names := s.codeNames(); len(names) > 0 {
		fmt.Fprintf(&b, "The error is %s. ", names[0])
	}
	ask := "This can be mended by " + actors[c.WhoFixes] + ":"
	if c.ID == Unknown {
		ask = "Please help us to find out:"
	}
	fmt.Fprintf(&b, "%s\n\n%s\n", c.Summary, ask)
	for i, step := range c.Steps {
		fmt.Fprintf(&b, "%d. %s\n", i+1, step)
	}
	for _, l := range c.Links {
		fmt.Fprintf(&b, "\n%s: %s", l.Label, l.URL)
	}
	if len(c.Links) > 0 {
		b.WriteString("\n")
	}
	b.WriteString("\nPlease tell us when it is done, or send us the whole error text if it comes again.")
	if e := s.entities; e.CorrelationID != "" {
		fmt.Fprintf(&b, "\nFor Microsoft's support: correlation ID %s%s.", e.CorrelationID, prefixed(", time ", e.Timestamp))
	}
	return b.String()
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
