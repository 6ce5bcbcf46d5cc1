package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// reviewStep is the plan, read like a pull request.
type reviewStep struct {
	Rows         []planRow
	Pending      int
	Wanted       string    // what the plan was made from
	Needs        []string  // decisions that are still missing
	Problem      string    // why there is no plan
	Hurdles      []ability // what is known to be refused
	Organization *organizationStep
	Interrupted  string // id of an operation that was cut off
	Running      string // id of an operation that is under way
	Allow        *gate  // before the plan may be applied
}

// planRow is one step with its request as JSON text.
type planRow struct {
	setup.Step
	RequestView *requestView
}

type requestView struct{ Method, Path, JSON, Who string }

func planRows(steps []setup.Step) []planRow {
	rows := make([]planRow, 0, len(steps))
	for _, s := range steps {
		row := planRow{s, viewRequest(s.Request)}
		row.Diffs = inWords(s.Diffs)
		if row.RequestView != nil && s.Action != setup.Keep {
			row.RequestView.Who = s.Who
		}
		rows = append(rows, row)
	}
	return rows
}

// audienceWords say what the portal's choice stands behind a value of Graph's.
var audienceWords = map[string]string{
	string(entra.AnyOrganization): "any organizational directory",
	string(entra.SingleTenant):    "this tenant only",
}

// inWords puts words before the values that are codes.
func inWords(diffs []setup.Diff) []setup.Diff {
	out := slices.Clone(diffs)
	for i, d := range out {
		if d.Field != "audience" {
			continue
		}
		for _, value := range []*string{&out[i].Old, &out[i].New} {
			if words, ok := audienceWords[*value]; ok {
				*value = words + " (" + *value + ")"
			}
		}
	}
	return out
}

func viewRequest(r *entra.Request) *requestView {
	if r == nil {
		return nil
	}
	v := &requestView{Method: r.Method, Path: r.Path, JSON: "(no body)"}
	if len(r.Body) > 0 {
		text, err := json.MarshalIndent(r.Body, "", "  ")
		if err != nil {
			text = []byte("this body cannot be shown: " + err.Error())
		}
		v.JSON = string(text)
	}
	return v
}

func (h *Handlers) showReviewStep(c *gin.Context, page *wizardPage) error {
	step := &reviewStep{}
	page.Review, page.Heading = step, "Review"
	if page.Env.Tenant == "" {
		step.Needs = append(step.Needs, "Sign in to the tenant first: the plan compares what should be with what is there.")
		return nil
	}
	desired, errs := page.Env.Spec.Resolve(page.Preset)
	if len(errs) > 0 {
		step.Needs = specErrors(errs)
		return nil
	}
	d, _, err := h.tenantDirectory(c, page.Env)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	if err := h.noteOperations(ctx, page.Env, step); err != nil {
		return err
	}
	plan, err := h.plan(ctx, page.Env, d, desired)
	var no *entra.ServiceError
	if detourFor(err) != nil || errors.As(err, &no) && no.Status == http.StatusUnauthorized {
		return err
	}
	if err != nil {
		step.Problem = sentence(err)
		if no != nil && (no.Status == http.StatusTooManyRequests || no.Status == http.StatusServiceUnavailable) {
			step.Problem = explainRefusal(c, no, err).Public
		}
		return nil
	}
	step.Wanted = wanted(page.Env)
	step.Rows, step.Pending = planRows(plan.Steps), len(plan.Pending())
	if step.Allow, err = h.gate(c, levelOfPlan(plan.Pending()), "/environments/"+page.Env.ID+"/setup/review"); err != nil {
		return err
	}
	if step.Pending > 0 {
		if step.Hurdles, err = foresee(c, d, plan.Pending()); err != nil {
			return err
		}
	}
	if page.Env.Spec.Organization != "" {
		step.Organization = &organizationStep{}
		h.checkOrganization(c, page.Env, step.Organization)
	}
	return nil
}

// foresee says what of the changes will be refused, so that nobody is left
// with half of them.
func foresee(c *gin.Context, d Directory, changes []setup.Step) ([]ability, error) {
	ctx := c.Request.Context()
	policies, err := d.Policies(ctx)
	if err != nil {
		return nil, err
	}
	if app, ok := application(c); ok {
		return appHurdles(changes, app, policies), nil
	}
	roles, err := d.Roles(ctx)
	return hurdles(changes, roles, policies), err
}

// noteOperations finds what is under way or was cut off.
func (h *Handlers) noteOperations(ctx context.Context, env store.Environment, step *reviewStep) error {
	ops, err := h.Store.Operations(ctx, env.ID)
	if err != nil || len(ops) == 0 {
		return err
	}
	switch ops[0].State {
	case store.OperationRunning:
		step.Running = ops[0].ID
	case store.OperationInterrupted:
		if ops[0].Kind != store.RemoveOperation && ops[0].Kind != store.FixOperation {
			step.Interrupted = ops[0].ID
		}
	}
	return nil
}

// plan reads what is there and compares.
func (h *Handlers) plan(ctx context.Context, env store.Environment, d Directory, desired setup.Desired) (setup.Plan, error) {
	actual, err := setup.Read(ctx, d, desired)
	if err != nil {
		return setup.Plan{}, fmt.Errorf("read the directory: %w", err)
	}
	entries, err := h.Store.EnvironmentEntries(ctx, env.ID)
	if err != nil {
		return setup.Plan{}, err
	}
	return setup.MakePlan(desired, actual, entries, h.Now())
}

// seeApp are the ways to verify an app registration by hand.
func seeApp(cloud entra.Cloud, tenant entra.TenantID, app entra.Application) []seeLink {
	if app.ClientID == "" {
		return nil
	}
	return []seeLink{
		{Label: "Open the app registration in the portal", Href: entra.PortalApp(cloud, app.ClientID, entra.PortalOverview)},
		{Label: "API permissions in the portal", Href: entra.PortalApp(cloud, app.ClientID, entra.PortalPermissions)},
		{Label: "With the Azure CLI", Command: strings.TrimSpace("az ad app show --id " + string(app.ClientID))},
		{Label: "With Microsoft Graph", Command: fmt.Sprintf("az rest --url \"%s/v1.0/applications(appId='%s')\"", cloud.Graph, app.ClientID)},
		{Label: "Enterprise application (service principal)", Command: "az ad sp show --id " + string(app.ClientID)},
	}
}
