package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// open opens the database. Its warnings go to standard error.
func (r *setupRun) open(ctx context.Context) (*store.Store, error) {
	log := slog.New(slog.NewTextHandler(r.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return openStore(ctx, r.DataFlags, r.cloud, log, r.stderr)
}

// pastEntries are what the environment's runs on this machine recorded. A
// plan makes no database where there is none.
func (r *setupRun) pastEntries(ctx context.Context) (entries []setup.Entry, err error) {
	if there, err := r.DataFlags.there(r.cloud); err != nil || !there {
		return nil, err
	}
	st, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	env, err := st.EnvironmentByName(ctx, r.spec.Name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return st.EnvironmentEntries(ctx, env.ID)
}

// apply makes the directory what the file says, and hands the secret out.
func (r *setupRun) apply(ctx context.Context) (err error) {
	st, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if _, err := st.SweepSecrets(ctx); err != nil {
		return err
	}
	actual, err := setup.Read(ctx, r.dir, r.want)
	if err != nil {
		return err
	}
	who := r.token.person()
	if err := r.checkTenant(who); err != nil {
		return err
	}
	ctx = store.As(ctx, store.Caller{Person: who, Role: "admin", Tenant: who.Tenant, Everything: true})
	env, err := r.environment(ctx, st, who)
	if err != nil {
		return err
	}
	plan, err := r.planFor(ctx, st, env, actual)
	if err != nil {
		return err
	}
	r.say.heading(r.spec, r.preset, who)
	r.say.plan(plan)
	if err := r.checkSecretOut(ctx, st, env, plan); err != nil {
		return err
	}
	if len(plan.Pending()) > 0 {
		env, err = r.carryOut(ctx, st, env, who, plan, actual)
	} else {
		env, err = r.nothingToDo(ctx, st, env, plan, actual)
	}
	if err != nil {
		return err
	}
	return r.handOver(ctx, st, env, who)
}

// checkTenant stops a run with a token of another tenant.
func (r *setupRun) checkTenant(who entra.Person) error {
	switch {
	case who.Tenant == "" || who.ID == "":
		return errors.New("the access token does not say who it is for (tid and oid): sign in with an identity of Microsoft Entra")
	case entra.IsGUID(r.spec.Tenant) && !strings.EqualFold(r.spec.Tenant, string(who.Tenant)):
		return fmt.Errorf("the sign-in is for the tenant %s, not %s: sign in there (az login --tenant %s), or correct the tenant", who.Tenant, r.spec.Tenant, r.spec.Tenant)
	}
	return nil
}

// environment finds the environment by name or makes it, brings its spec up
// to date, and ends what a killed process left running.
func (r *setupRun) environment(ctx context.Context, st *store.Store, who entra.Person) (store.Environment, error) {
	env, err := st.EnvironmentByName(ctx, r.spec.Name)
	if errors.Is(err, store.ErrNotFound) {
		return st.CreateEnvironment(ctx, store.Environment{Spec: r.spec, Owner: who, Tenant: who.Tenant, State: store.Draft, Step: "review"})
	}
	if err != nil {
		return env, err
	}
	if env.Tenant != "" && env.Tenant != who.Tenant {
		return env, fmt.Errorf("the environment %s is set up in the tenant %s, and the sign-in is for %s: sign in there, or give the environment another name", env.Name, env.Tenant, who.Tenant)
	}
	if err := r.endCutOff(ctx, st, env); err != nil {
		return env, err
	}
	env.Spec, env.Tenant = r.spec, who.Tenant
	return st.SaveEnvironment(ctx, env)
}

func (r *setupRun) planFor(ctx context.Context, st *store.Store, env store.Environment, actual setup.Actual) (setup.Plan, error) {
	entries, err := st.EnvironmentEntries(ctx, env.ID)
	if err != nil {
		return setup.Plan{}, err
	}
	p, err := setup.MakePlan(r.want, actual, entries, time.Now())
	r.report.Steps = p.Steps
	return p, err
}

// carryOut runs the plan as one operation and records how it ended.
func (r *setupRun) carryOut(ctx context.Context, st *store.Store, env store.Environment, who entra.Person, plan setup.Plan, actual setup.Actual) (store.Environment, error) {
	op, err := st.StartOperation(ctx, env.ID, store.SetupOperation, who, plan)
	if err != nil {
		return env, err
	}
	engine := setup.Engine{Directory: r.dir, Journal: st.Journal(op), Now: time.Now, Sleep: sleep, Observe: r.say.event}
	working, end := hold(ctx, st, op)
	result, cause := engine.ApplyFrom(working, r.want, actual, op.ID)
	end()
	r.report.Result = &result
	record := context.WithoutCancel(ctx)
	entries, err := st.Entries(record, op.ID)
	if err != nil {
		return env, errors.Join(cause, err)
	}
	r.report.created(entries)
	op.State, op.Result = store.OperationDone, &result
	if cause != nil {
		op.State, op.Error = store.OperationFailed, cause.Error()
	}
	if err := st.FinishOperation(record, op); err != nil {
		return env, errors.Join(cause, err)
	}
	env, err = settle(record, st, env, result)
	r.say.result(r.spec.Name, result, env.Tenant)
	if cause != nil && ctx.Err() != nil {
		cause = fmt.Errorf("stopped: %w. The same command again goes on from here", ctx.Err())
	}
	return env, errors.Join(cause, err)
}

// settle keeps the outcome with the environment.
func settle(ctx context.Context, st *store.Store, env store.Environment, result setup.Result) (store.Environment, error) {
	env.State = store.Attention
	if result.Proven {
		env.State = store.Connected
	}
	if result.App.ClientID != "" {
		env.NoteSetup(result)
	}
	return st.SaveEnvironment(ctx, env)
}

// nothingToDo: what was read is the proof.
func (r *setupRun) nothingToDo(ctx context.Context, st *store.Store, env store.Environment, plan setup.Plan, actual setup.Actual) (store.Environment, error) {
	result := setup.Proof(r.want, actual, plan, time.Now())
	r.report.Result = &result
	r.say.result(r.spec.Name, result, env.Tenant)
	return settle(ctx, st, env, result)
}
