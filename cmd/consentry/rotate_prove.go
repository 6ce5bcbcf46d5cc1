package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
)

// kept is the new secret's value waiting here.
func (r *rotateRun) kept(ctx context.Context) (store.KeptSecret, bool, error) {
	all, err := r.store.Secrets(ctx, r.env.ID)
	i := slices.IndexFunc(all, func(k store.KeptSecret) bool {
		return r.overlap.New != nil && k.KeyID == r.overlap.New.KeyID && k.Usable
	})
	if err != nil || i < 0 {
		return store.KeptSecret{}, false, err
	}
	return all[i], true, nil
}

// handNext writes the new secret out, once. It stays here, encrypted, until
// the old one is retired or a day has passed: --prove uses it.
func (r *rotateRun) handNext(ctx context.Context) error {
	k, ok, err := r.kept(ctx)
	switch {
	case err != nil:
		return err
	case !ok || !k.RevealedAt.IsZero():
		if r.SecretOut != "" {
			r.say.line("There is no secret to write: it was shown before, or was made elsewhere.")
		}
		return nil
	case r.SecretOut == "":
		r.say.line("The client secret is kept encrypted until %s. To get it, once, give the same command with --secret-out FILE.", k.DropAt.Local().Format(time.DateTime))
		return nil
	}
	value, err := r.store.UseSecret(ctx, k.ID, r.who)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("the client secret belongs to %s, who added it, and is shown to nobody else: sign in as that account", account(k.Owner))
	}
	if err == nil {
		err = r.writeSecret(value)
	}
	if err != nil {
		return fmt.Errorf("--secret-out: the client secret is still kept: %w", err)
	}
	// Shown only once it is safely written: a crash in between shows it again
	// rather than never.
	_, err = r.store.RevealSecret(ctx, k.ID, r.who)
	return err
}

// prove asks for a token with the new secret.
func (r *rotateRun) prove(ctx context.Context) error {
	if r.overlap.New == nil {
		return errors.New("there is no new secret to prove: add one with --add")
	}
	value, err := r.valueToProve(ctx)
	if err != nil {
		return err
	}
	transport, err := graph.Transport(r.cloud)
	if err != nil {
		return err
	}
	client := &oauth.Client{Cloud: r.cloud, HTTP: &http.Client{Transport: transport}}
	key := r.overlap.New.KeyID
	prover := trial.Prover{Now: time.Now, Sleep: sleep, Keep: func(ctx context.Context, p trial.Proof) error {
		if p.State == trial.Proving {
			r.say.line("  ...      Microsoft does not know the new secret everywhere yet; asking again.")
		}
		return r.store.KeepProof(ctx, r.env.ID, key, p)
	}}
	p, err := prover.Prove(ctx, trial.Proof{Tenant: string(r.env.Tenant), ClientID: r.actual.App.ClientID, Scope: trial.ProofScope, By: r.who},
		func(ctx context.Context) (oauth.Tokens, error) {
			return client.ClientCredentials(ctx, string(r.env.Tenant), r.actual.App.ClientID, value, trial.ProofScope)
		})
	if err != nil {
		return err
	}
	r.result.Proof = &p
	return r.verdict(p)
}

// verdict says what the proof brought, in words and as the exit code.
func (r *rotateRun) verdict(p trial.Proof) error {
	if p.Proven() {
		r.say.line("Microsoft gave a token for the new secret; it was thrown away. Once the secret is entered where it is used, retire the old one with --retire.")
		return nil
	}
	r.say.line("No token came after %d requests: %s %s", p.Attempts, p.Failure.Cause, p.Failure.Next)
	if p.Failure.AADSTS == 0 && p.Failure.Code == "" {
		return exitCode(3)
	}
	return exitCode(2)
}

// valueToProve is the one given, else the one kept.
func (r *rotateRun) valueToProve(ctx context.Context) (entra.Sensitive, error) {
	if r.mode.SecretIn != "" {
		return r.readSecret()
	}
	k, ok, err := r.kept(ctx)
	if err != nil {
		return entra.Sensitive{}, err
	}
	value := entra.Sensitive{}
	if ok {
		value, err = r.store.UseSecret(ctx, k.ID, r.who)
	}
	if !ok || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrGone) {
		return value, errors.New("the new secret's value is not kept here: give it with --secret-in FILE")
	}
	return value, err
}

// readSecret reads the value from the file given and makes sure that it is the
// new secret's.
func (r *rotateRun) readSecret() (entra.Sensitive, error) {
	f, err := os.Open(r.mode.SecretIn)
	if err != nil {
		return entra.Sensitive{}, fmt.Errorf("--secret-in: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 4096))
	value := entra.NewSensitive(strings.TrimSpace(string(data)))
	switch {
	case err != nil:
		return value, fmt.Errorf("--secret-in: %w", err)
	case value.Hint() != r.overlap.New.Hint:
		return value, fmt.Errorf("--secret-in: what is there begins with other characters than the new secret, %s…: it is another one", r.overlap.New.Hint)
	case r.overlap.Old != nil && r.overlap.Old.Hint == r.overlap.New.Hint:
		return value, fmt.Errorf("--secret-in: both secrets begin with %s, so they cannot be told apart; use the kept value", r.overlap.New.Hint)
	}
	return value, nil
}

// retire removes the old secret.
func (r *rotateRun) retire(ctx context.Context) error {
	switch {
	case r.overlap.Old == nil || r.overlap.New == nil && !r.mode.AtOnce:
		r.say.line("There is no old secret to retire.")
		return nil
	case !r.mode.AtOnce && (r.result.Proof == nil || !r.result.Proof.Proven()):
		return errors.New("the new secret is not proven yet, so the old one stays: give --prove first. For one that leaked give --at-once")
	}
	half := setup.Rotation{Want: r.want, Old: r.overlap.Old.KeyID}
	if !r.mode.AtOnce {
		half.New = r.overlap.New.KeyID
	}
	plan, err := half.PlanRetire(r.actual)
	if err != nil {
		return err
	}
	r.say.plan(plan)
	if !r.mode.AtOnce {
		if err := r.store.HandOver(ctx, r.env.ID, r.overlap.New.KeyID, r.who, true); err != nil {
			return err
		}
	}
	if err := r.carry(ctx, store.RetireOperation, plan, func(ctx context.Context, e *setup.Engine, op string) (setup.Result, error) {
		return e.Retire(ctx, half, op)
	}); err != nil {
		return err
	}
	return r.forget(ctx, half.Old)
}

// forget deletes the values that nobody needs any more: the old secret's, and
// the new one's once it was written out.
func (r *rotateRun) forget(ctx context.Context, old entra.KeyID) error {
	all, err := r.store.Secrets(ctx, r.env.ID)
	for _, k := range all {
		if k.Usable && (k.KeyID == old || !k.RevealedAt.IsZero()) {
			err = errors.Join(err, r.store.DropSecret(ctx, k.ID))
		}
	}
	r.say.line("The old secret is gone.")
	return err
}
