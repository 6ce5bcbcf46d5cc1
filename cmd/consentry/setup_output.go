package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"text/tabwriter"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
)

// A printer writes the text for people.
type printer struct {
	mu  sync.Mutex
	out io.Writer
}

func (p *printer) line(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, format+"\n", args...)
}

func (p *printer) heading(spec setup.Spec, integration preset.Preset, who entra.Person) {
	p.line("Environment %s: %s in the tenant %s, signed in as %s", spec.Name, integration.Name, who.Tenant, account(who))
}

// plan prints a table of the steps, each with what differs.
func (p *printer) plan(plan setup.Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	table := tabwriter.NewWriter(p.out, 0, 8, 2, ' ', 0)
	for _, s := range plan.Steps {
		request := ""
		if s.Request != nil {
			request = s.Request.Method + " " + s.Request.Path
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", s.Action, s.Title, request)
	}
	_ = table.Flush() // the terminal is gone; the run goes on
	for _, s := range plan.Pending() {
		p.details(s)
	}
	switch n := len(plan.Pending()); n {
	case 0:
		fmt.Fprintln(p.out, "Nothing to change.")
	case 1:
		fmt.Fprintln(p.out, "1 change.")
	default:
		fmt.Fprintf(p.out, "%d changes.\n", n)
	}
}

func (p *printer) details(s setup.Step) {
	if len(s.Diffs) == 0 && s.Note == "" {
		return
	}
	fmt.Fprintf(p.out, "%s:\n", s.Title)
	for _, d := range s.Diffs {
		if d.Old != "" {
			fmt.Fprintf(p.out, "  - %s: %s\n", d.Field, d.Old)
		}
		if d.New != "" {
			fmt.Fprintf(p.out, "  + %s: %s\n", d.Field, d.New)
		}
	}
	if s.Note != "" {
		fmt.Fprintf(p.out, "  %s\n", s.Note)
	}
	if s.Who != "" {
		fmt.Fprintf(p.out, "  Who can: %s.\n", s.Who)
	}
}

// event prints progress.
func (p *printer) event(e setup.Event) {
	text := e.Title
	if e.Text != "" {
		text += ": " + e.Text
	}
	if e.RequestID != "" {
		text += " (request " + e.RequestID + ")"
	}
	switch e.State {
	case setup.Intended:
		p.line("  ...      %s", text)
	case setup.Unknown:
		p.line("  unknown  %s", text)
	default:
		p.line("  %-7s  %s", e.State, text)
	}
}

// result prints how it ended and the values the integration needs.
func (p *printer) result(name string, r setup.Result, tenant entra.TenantID) {
	for _, w := range r.Words {
		p.line("%s", w)
	}
	switch {
	case r.Proven:
		p.line("%s is set up; reading it back from the directory proved it.", name)
	case len(r.Left) > 0:
		p.line("Left to do:")
		for _, s := range r.Left {
			p.line("  %s", s.Title)
		}
	}
	if r.App.ClientID == "" {
		return
	}
	p.line("Client ID  %s", r.App.ClientID)
	p.line("Tenant ID  %s", tenant)
	if r.Certificate != nil {
		p.line("Certificate %s, valid until %s", r.Certificate.Thumbprint, r.Certificate.End.UTC().Format("2006-01-02"))
	}
	if r.Secret != nil {
		p.line("Secret     %s…, valid until %s", r.Secret.Hint, r.Secret.End.UTC().Format("2006-01-02"))
	}
}

// A report is what --json prints.
type report struct {
	Environment string        `json:"environment"`
	Steps       []setup.Step  `json:"steps"`
	Created     createdIDs    `json:"created"`
	Requests    []sentRequest `json:"requests"`
	Result      *setup.Result `json:"result"`
	Error       string        `json:"error,omitempty"`

	mu sync.Mutex // guards Requests
}

// createdIDs are the ids of what this run made.
type createdIDs struct {
	Application       entra.ObjectID   `json:"application,omitempty"`
	ClientID          entra.ClientID   `json:"clientId,omitempty"`
	ServicePrincipals []entra.ObjectID `json:"servicePrincipals,omitempty"`
	Grants            []string         `json:"grants,omitempty"`
	Secret            entra.KeyID      `json:"secret,omitempty"`
	Certificate       entra.KeyID      `json:"certificate,omitempty"`
	Federated         string           `json:"federated,omitempty"` // its name
}

// A sentRequest is one request to Microsoft Graph; 0 is no answer.
type sentRequest struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Status    int    `json:"status"`
	MS        int64  `json:"ms"`
	RequestID string `json:"requestId,omitempty"`
}

func (r *report) observe(c graph.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Requests = append(r.Requests, sentRequest{c.Method, c.Path, c.Status, c.Duration.Milliseconds(), c.RequestID})
}

// created collects what the operation's entries made.
func (r *report) created(entries []setup.Entry) {
	for _, e := range entries {
		c := e.Created
		if e.State != setup.Done || c == nil {
			continue
		}
		if c.Application != nil {
			r.Created.Application, r.Created.ClientID = c.Application.ID, c.Application.ClientID
		}
		if c.Principal != nil {
			r.Created.ServicePrincipals = append(r.Created.ServicePrincipals, c.Principal.ID)
		}
		if c.Grant != nil {
			r.Created.Grants = append(r.Created.Grants, c.Grant.ID)
		}
		if c.Secret != nil {
			r.Created.Secret = c.Secret.KeyID
		}
		if c.Certificate != nil {
			r.Created.Certificate = c.Certificate.KeyID
		}
		if c.Federated != nil {
			r.Created.Federated = c.Federated.Name
		}
	}
}

// write prints the report; cause is how the run ended.
func (r *report) write(out io.Writer, cause error) error {
	if _, pending := cause.(exitCode); cause != nil && !pending {
		r.Error = cause.Error()
	}
	if r.Steps == nil {
		r.Steps = []setup.Step{}
	}
	if r.Requests == nil {
		r.Requests = []sentRequest{}
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
