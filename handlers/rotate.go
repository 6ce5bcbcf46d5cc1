package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// A rotation is everything known about replacing an environment's client
// secret with overlap. Nothing of it is kept as such: it is read from the
// directory, the operations, the journal and what is known of the secrets.
type rotation struct {
	env     store.Environment
	preset  preset.Preset
	desired setup.Desired
	// limit says that the tenant's policy shortens the next secret's life.
	limit     string
	forbidden bool // the tenant's policy forbids another secret
	read      time.Time
	actual    setup.Actual
	overlap   setup.Overlap
	entries   []setup.Entry
	ops       []store.Operation
	kept      []store.KeptSecret
	known     []store.Credential
}

// rotation reads it. The directory is asked for the application alone.
func (h *Handlers) rotation(ctx context.Context, env store.Environment, p preset.Preset, d Directory) (rotation, error) {
	r := rotation{env: env, preset: p, read: h.Now()}
	desired, errs := env.Spec.Resolve(p)
	if len(errs) > 0 {
		return r, &web.Error{Status: http.StatusConflict, Public: "The setup is not complete. " + errs[0].Message, Next: web.Link{Label: "Go on with the setup", Href: "/environments/" + env.ID + "/setup/review"}}
	}
	if err := h.rememberedOf(ctx, &r); err != nil {
		return r, err
	}
	policies, err := d.Policies(ctx)
	if err != nil {
		return r, err
	}
	r.desired, r.limit = desired.Within(policies)
	r.forbidden = policies.SecretsForbidden != nil && *policies.SecretsForbidden
	if r.actual, err = setup.ReadApplication(ctx, d, r.desired); err != nil {
		return r, err
	}
	if err := (setup.Rotation{Want: r.desired}).Ready(r.actual); err != nil {
		return r, err
	}
	r.overlap = setup.OverlapOf(*r.actual.App, env.Name, store.Additions(r.ops), r.entries, r.read).
		Settled(func(key entra.KeyID) bool { return store.CredentialOf(r.known, key).InUse() })
	return r, nil
}

// rememberedOf reads what the store has of a rotation.
func (h *Handlers) rememberedOf(ctx context.Context, r *rotation) (err error) {
	if r.ops, err = h.Store.Operations(ctx, r.env.ID); err != nil {
		return err
	}
	if r.entries, err = h.Store.EnvironmentEntries(ctx, r.env.ID); err != nil {
		return err
	}
	if r.kept, err = h.Store.Secrets(ctx, r.env.ID); err != nil {
		return err
	}
	r.known, err = h.Store.Credentials(ctx, r.env.ID)
	return err
}

func (h *Handlers) showRotate(c *gin.Context) (web.Response, error) {
	page, _, err := h.rotatePage(c)
	if err != nil {
		return nil, err
	}
	return web.Page("rotate.html", page), nil
}

func (h *Handlers) rotatePage(c *gin.Context) (*rotatePage, rotation, error) {
	env, p, err := h.living(c)
	if err != nil {
		return nil, rotation{}, err
	}
	d, who, err := h.tenantDirectory(c, env)
	if err != nil {
		return nil, rotation{}, err
	}
	r, err := h.rotation(c.Request.Context(), env, p, d)
	if err != nil {
		return nil, r, noRotation(err, env)
	}
	page := rotateView(r, who, h.Now())
	page.Allow, err = h.gate(c, levelWrite, "/environments/"+env.ID+"/rotate")
	return page, r, err
}

// noRotation says why there is nothing to rotate, where that is known.
func noRotation(err error, env store.Environment) error {
	var gone *setup.NotFoundError
	var none *setup.NoApplicationError
	var several *setup.ConflictError
	var noSecret *setup.NoSecretError
	var newGone *setup.NewGoneError
	if errors.As(err, &newGone) {
		return &web.Error{Status: http.StatusConflict, Err: err, Public: sentence(err), Next: web.Link{Label: "Back to the rotation", Href: "/environments/" + env.ID + "/rotate"}}
	}
	if errors.As(err, &noSecret) {
		return &web.Error{Status: http.StatusConflict, Err: err, Public: sentence(err), Next: web.Link{Label: "Choose another in the setup", Href: "/environments/" + env.ID + "/setup/secret"}}
	}
	if !errors.As(err, &gone) && !errors.As(err, &none) && !errors.As(err, &several) {
		return err
	}
	return &web.Error{Status: http.StatusConflict, Err: err, Public: sentence(err), Next: web.Link{Label: "Back to the environment", Href: "/environments/" + env.ID}}
}

// addNext adds the next secret beside the one in use, as an operation. With a
// rotation open, or one that is just being worked on, that one is shown.
func (h *Handlers) addNext(c *gin.Context) (web.Response, error) {
	page, r, err := h.rotatePage(c)
	if err != nil {
		return nil, err
	}
	back := web.SeeOther("/environments/" + r.env.ID + "/rotate")
	switch {
	case page.Running != "":
		return web.SeeOther("/operations/" + page.Running), nil
	case r.overlap.New != nil || r.forbidden:
		return back, nil
	}
	old, ok := r.inUse(entra.KeyID(c.PostForm("old")))
	if !ok {
		return page.refused("Choose which client secret is in use now: it stays until the new one is proven."), nil
	}
	plan, err := setup.Rotation{Want: r.desired, Old: old}.PlanAdd(r.actual, r.entries, h.Now())
	if err != nil || len(plan.Pending()) == 0 {
		return back, err
	}
	return h.startRotation(c, r, store.RotateOperation, plan)
}

// inUse is the secret that another one takes the place of: the one known, or
// of several made by hand the one chosen. A form that names another was made
// before something changed.
func (r rotation) inUse(chosen entra.KeyID) (key entra.KeyID, ok bool) {
	if o := r.overlap.Old; o != nil {
		return o.KeyID, chosen == o.KeyID || chosen == ""
	}
	choices := r.choices()
	if len(choices) == 0 {
		return "", chosen == ""
	}
	return chosen, slices.ContainsFunc(choices, func(s entra.Secret) bool { return s.KeyID == chosen })
}

// retire removes the old secret, as an operation: once the new one is handed
// over and proven, or at once for one that leaked.
func (h *Handlers) retire(c *gin.Context) (web.Response, error) {
	page, r, err := h.rotatePage(c)
	if err != nil {
		return nil, err
	}
	old := r.overlap.Old
	switch {
	case page.Running != "":
		return web.SeeOther("/operations/" + page.Running), nil
	case old == nil || old.KeyID != entra.KeyID(c.PostForm("old")):
		return page.refused("That client secret is not there any more, or another one took its place. This is how it stands now."), nil
	case c.PostForm("at_once") != "yes" && !page.MayRetire:
		return page.refused("The new client secret is not handed over and proven yet, so the old one stays. For one that leaked choose to revoke it at once."), nil
	}
	half := setup.Rotation{Want: r.desired, Old: old.KeyID}
	if c.PostForm("at_once") != "yes" {
		half.New = r.overlap.New.KeyID
	}
	plan, err := half.PlanRetire(r.actual)
	if err != nil {
		return nil, err
	}
	return h.startRotation(c, r, store.RetireOperation, plan)
}

func (h *Handlers) startRotation(c *gin.Context, r rotation, kind store.OperationKind, plan setup.Plan) (web.Response, error) {
	who, _ := person(c)
	return h.start(c, r.env, who, kind, plan)
}

// resumeRotation goes on with the half of a rotation that an operation left.
func (h *Handlers) resumeRotation(c *gin.Context, env store.Environment, p preset.Preset, op store.Operation) (web.Response, error) {
	d, _, err := h.tenantDirectory(c, env)
	if err != nil {
		return nil, err
	}
	if kind, old := op.Plan.Retired(); op.Kind == store.RetireOperation && (kind != entra.ClientSecretKind || provesBy(env) != kind) {
		return h.retireOther(c, env, p, kind, old)
	}
	r, err := h.rotation(c.Request.Context(), env, p, d)
	if err != nil {
		return nil, noRotation(err, env)
	}
	plan, err := r.left(op, h.Now())
	if err != nil {
		return nil, noRotation(err, env)
	}
	if len(plan.Pending()) == 0 {
		return web.SeeOther("/environments/" + env.ID + "/rotate"), nil
	}
	return h.startRotation(c, r, op.Kind, plan)
}

// left is what an operation did not do; nothing where what it went by has
// been taken back since.
func (r rotation) left(op store.Operation, now time.Time) (setup.Plan, error) {
	half := setup.Rotation{Want: r.desired, Old: op.Plan.OldIn(), New: op.Plan.NewIn()}
	if op.Kind != store.RetireOperation {
		return half.PlanAdd(r.actual, r.entries, now)
	}
	plan, err := half.PlanRetire(r.actual)
	if half.New != "" && !store.CredentialOf(r.known, half.New).InUse() {
		plan = setup.Plan{}
	}
	return plan, err
}

// carryRotation carries out one half of a rotation, in whichever process. Which
// secret is in use stands in the plan that was recorded.
func (h *Handlers) carryRotation(ctx context.Context, u undertaking) (setup.Result, error) {
	desired, errs := u.env.Spec.Resolve(u.preset)
	if len(errs) > 0 {
		return setup.Result{}, errors.New("what was chosen is not complete any more: " + specErrors(errs)[0])
	}
	policies, err := u.directory.Policies(ctx)
	if err != nil {
		return setup.Result{}, err
	}
	desired, _ = desired.Within(policies)
	if u.op.Kind == store.RetireOperation {
		kind, old := u.op.Plan.Retired()
		return u.engine.Retire(ctx, setup.Rotation{Want: desired, Old: old, New: u.op.Plan.NewIn(), Kind: kind}, u.op.ID)
	}
	return u.engine.Add(ctx, setup.Rotation{Want: desired, Old: u.op.Plan.OldIn()}, u.op.ID)
}

// rotates: the operation touches the application's secrets and nothing else,
// so that how the environment is doing does not depend on it.
func rotates(kind store.OperationKind) bool {
	return kind == store.RotateOperation || kind == store.RetireOperation
}

// dropRotated deletes what nobody needs any more once the old secret is gone:
// its value, and one that is shown, handed over and proven.
func (h *Handlers) dropRotated(ctx context.Context, op store.Operation, cause error) error {
	if cause != nil || op.Kind != store.RetireOperation {
		return nil
	}
	known, err := h.Store.Credentials(ctx, op.Environment)
	if err != nil {
		return err
	}
	return h.dropSecrets(ctx, op.Environment, func(k store.KeptSecret) bool {
		return k.KeyID == op.Plan.OldIn() || !k.RevealedAt.IsZero() && store.CredentialOf(known, k.KeyID).InUse()
	})
}

// recordRotation puts what a rotation read on its environment.
func recordRotation(e *store.Environment, op store.Operation) {
	if op.Result == nil {
		return
	}
	kind, _ := op.Plan.Retired()
	e.NoteRotation(*op.Result, kind)
}
