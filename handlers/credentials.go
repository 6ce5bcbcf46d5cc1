package handlers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// credentialRow is a certificate or a federated credential, or a client secret
// that nothing needs any more.
type credentialRow struct {
	Kind    entra.CredentialKind
	Noun    string
	Key     entra.KeyID // of a federated credential its name
	Name    string
	Details []string
	// Current: the app is set up to prove itself with it.
	Current bool
	State   state
	End     time.Time // zero: it does not end
	Proof   *proofView
	// Usable: its private key is here for whoever looks.
	Usable bool

	proven      entra.KeyID // what its proof is kept under
	fingerprint string      // of a certificate, where it is known
}

// credentialRows are those of the last reading. It is pure.
func credentialRows(env store.Environment, known []store.Credential, now time.Time) []credentialRow {
	if env.Result == nil || env.State == store.Removed {
		return nil
	}
	app, kind := env.Result.App, provesBy(env)
	var rows []credentialRow
	trust := wantedTrust(env)
	for _, f := range app.Federated {
		row := credentialRow{Kind: entra.FederatedKind, Key: entra.KeyID(f.Name), Name: f.Name, Details: []string{f.Issuer, f.Subject}, State: state{"good", "does not end"},
			Current: kind == entra.FederatedKind && f.Same(trust), proven: entra.KeyID(firstOf(f.ID, f.Name))}
		rows = append(rows, row)
	}
	for _, c := range app.Certificates {
		op, ours := entra.IsOurSecret(c.Name, env.Name)
		name := c.Name
		if ours {
			name = strings.TrimSpace(strings.TrimSuffix(c.Name, entra.SecretName("", env.Name, op)))
		}
		row := credentialRow{Kind: entra.CertificateKind, Key: c.KeyID, Name: firstOf(name, "certificate"), End: c.End, State: endState(c.End, c.ExpiredAt(now), now),
			Current: env.Result.Certificate != nil && env.Result.Certificate.KeyID == c.KeyID, proven: c.KeyID, fingerprint: c.Fingerprint}
		if c.Thumbprint != "" {
			row.Details = []string{c.Thumbprint}
		}
		rows = append(rows, row)
	}
	for i := range rows {
		rows[i].Noun = credentialNouns[rows[i].Kind]
		if p := store.CredentialOf(known, rows[i].proven).Proof; p != nil {
			rows[i].Proof = viewProof(*p, now)
		}
	}
	return rows
}

// endState says whether something that ends is still good.
func endState(end time.Time, expired bool, now time.Time) state {
	switch {
	case expired:
		return state{"bad", "expired"}
	case end.Sub(now) < 30*24*time.Hour:
		return state{"warn", "expires soon"}
	}
	return state{"good", "valid"}
}

// credentialsOf are the rows as this person may use them.
func (h *Handlers) credentialsOf(ctx context.Context, env store.Environment, who entra.Person, kept []store.KeptSecret) ([]credentialRow, error) {
	known, err := h.Store.Credentials(ctx, env.ID)
	if err != nil {
		return nil, err
	}
	rows := credentialRows(env, known, h.Now())
	for i := range rows {
		rows[i].Usable = rows[i].Current && slices.ContainsFunc(kept, func(k store.KeptSecret) bool {
			return k.KeyID == rows[i].Key && k.Usable && owns(who, k)
		})
	}
	return rows, nil
}

// proving: a proof of one of them is on its way.
func proving(rows []credentialRow) bool {
	return slices.ContainsFunc(rows, func(r credentialRow) bool { return r.Proof != nil && r.Proof.Live })
}

// proveCredential asks Microsoft for a token with the certificate or the
// federated credential that the app is set up for: with the private key that
// is kept here, or with an assertion that was made where the key is.
func (h *Handlers) proveCredential(c *gin.Context) (web.Response, error) {
	env, _, err := h.living(c)
	if err != nil {
		return nil, err
	}
	who, _ := person(c)
	if err := foreignTenant(env, who); err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	kept, err := h.Store.Secrets(ctx, env.ID)
	if err != nil {
		return nil, err
	}
	rows, err := h.credentialsOf(ctx, env, who, kept)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(rows, func(r credentialRow) bool { return r.Current && r.Key == entra.KeyID(c.PostForm("key")) })
	if i < 0 {
		return nil, credentialGone(env)
	}
	back := web.SeeOther("/environments/" + env.ID + "#credentials")
	if rows[i].Proof != nil && rows[i].Proof.Live {
		return back, nil
	}
	value, err := h.credentialValue(ctx, env, rows[i], strings.TrimSpace(c.PostForm("assertion")), who, kept)
	if err != nil {
		return nil, err
	}
	p := trial.Proof{State: trial.Proving, Tenant: string(env.Tenant), ClientID: env.Result.App.ClientID, Scope: trial.ProofScope, By: who, Started: h.Now()}
	if err := h.Store.KeepProof(ctx, env.ID, rows[i].proven, p); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	h.background(func() { h.prove(ctx, env.ID, rows[i].proven, p, value) })
	return back, nil
}

// credentialValue is what proves the app: what was pasted, or the kept private
// key.
func (h *Handlers) credentialValue(ctx context.Context, env store.Environment, row credentialRow, pasted string, who entra.Person, kept []store.KeptSecret) (value entra.Sensitive, err error) {
	if pasted != "" {
		if problem := assertionProblem(pasted, env, row); problem != "" {
			return value, &web.Error{Status: http.StatusUnprocessableEntity, Public: problem, Next: web.Link{Label: "Back to the environment", Href: "/environments/" + env.ID + "#credentials"}}
		}
		return entra.NewSensitive(pasted), nil
	}
	i := slices.IndexFunc(kept, func(k store.KeptSecret) bool { return k.KeyID == row.Key })
	if i < 0 || !row.Usable {
		return value, &web.Error{Status: http.StatusUnprocessableEntity, Public: "Paste a token that proves the app: its private key is not at hand here.", Next: web.Link{Label: "Back to the environment", Href: "/environments/" + env.ID + "#credentials"}}
	}
	return h.Store.UseSecret(ctx, kept[i].ID, who)
}

func credentialGone(env store.Environment) error {
	return &web.Error{Status: http.StatusConflict, Next: web.Link{Label: "Back to the environment", Href: "/environments/" + env.ID},
		Public: "That credential is not there any more, or the app is set up for another one. The environment shows how it stands now."}
}

// removeCredential takes one away that the app is not set up for any more, as
// an operation.
func (h *Handlers) removeCredential(c *gin.Context) (web.Response, error) {
	env, p, err := h.living(c)
	if err != nil {
		return nil, err
	}
	kind, key := entra.CredentialKind(c.PostForm("kind")), entra.KeyID(c.PostForm("key"))
	current := slices.ContainsFunc(credentialRows(env, nil, h.Now()), func(r credentialRow) bool { return r.Current && r.Kind == kind && r.Key == key })
	switch {
	case credentialNouns[kind] == "" || key == "":
		return nil, credentialGone(env)
	case current:
		return nil, &web.Error{Status: http.StatusConflict, Public: fmt.Sprintf("The app proves itself with this %s. Choose another way in the setup first, then remove it.", credentialNouns[kind]), Next: web.Link{Label: "Choose another in the setup", Href: "/environments/" + env.ID + "/setup/secret"}}
	case kind == entra.ClientSecretKind && provesBy(env) == kind:
		return web.SeeOther("/environments/" + env.ID + "/rotate"), nil
	}
	return h.retireOther(c, env, p, kind, key)
}

// retireOther removes a credential outside a rotation.
func (h *Handlers) retireOther(c *gin.Context, env store.Environment, p preset.Preset, kind entra.CredentialKind, key entra.KeyID) (web.Response, error) {
	d, who, err := h.tenantDirectory(c, env)
	if err != nil {
		return nil, err
	}
	desired, errs := env.Spec.Resolve(p)
	if len(errs) > 0 {
		return web.SeeOther("/environments/" + env.ID + "/setup/review"), nil
	}
	r := setup.Rotation{Want: desired, Old: key, Kind: kind}
	ctx := c.Request.Context()
	actual, err := r.Read(ctx, d, desired)
	if err != nil {
		return nil, err
	}
	plan, err := r.PlanRetire(actual)
	if err != nil {
		return nil, noRotation(err, env)
	}
	if len(plan.Pending()) == 0 {
		return nil, h.noteGone(ctx, env, actual, kind)
	}
	return h.start(c, env, who, store.RetireOperation, plan)
}

// noteGone brings the environment in line with a directory that has no such
// credential.
func (h *Handlers) noteGone(ctx context.Context, env store.Environment, actual setup.Actual, kind entra.CredentialKind) error {
	err := h.alter(ctx, env.ID, func(e *store.Environment) {
		if e.Result != nil {
			e.NoteRotation(setup.Result{App: *actual.App, Secret: e.Result.Secret}, kind)
		}
	})
	if err != nil {
		return err
	}
	return credentialGone(env)
}
