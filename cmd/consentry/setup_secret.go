package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// unseen is the newest secret of the environment that waits to be shown; ok is
// false when there is none.
func unseen(ctx context.Context, st *store.Store, env store.Environment) (store.KeptSecret, bool, error) {
	all, err := st.Secrets(ctx, env.ID)
	for i := len(all) - 1; i >= 0; i-- {
		if k := all[i]; k.Usable && k.RevealedAt.IsZero() && (env.Result.Current() == nil || env.Result.Current().KeyID == k.KeyID) {
			return k, true, err
		}
	}
	return store.KeptSecret{}, false, err
}

// checkSecretOut refuses, before anything is changed, a file that is there
// already when there will be a secret to write.
func (r *setupRun) checkSecretOut(ctx context.Context, st *store.Store, env store.Environment, plan setup.Plan) error {
	if r.SecretOut == "" || r.SecretOut == "-" {
		return nil
	}
	_, coming, err := unseen(ctx, st, env)
	if err != nil {
		return err
	}
	for _, s := range plan.Pending() {
		coming = coming || s.ID == "secret" || s.ID == "certificate" && r.want.Certificate == nil
	}
	if _, err := os.Lstat(r.SecretOut); coming && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--secret-out: %s is there already and is not overwritten: give a new file; nothing was changed", r.SecretOut)
	}
	return nil
}

// noun is what is given out: the secret, or the private key of a certificate
// that was made here.
func (r *setupRun) noun() string {
	if r.want.Credential == entra.CertificateKind {
		return "private key"
	}
	return "client secret"
}

// handOver gives the secret out once, or says how to get it.
func (r *setupRun) handOver(ctx context.Context, st *store.Store, env store.Environment, who entra.Person) error {
	kept, ok, err := unseen(ctx, st, env)
	switch {
	case err != nil:
		return err
	case !ok && r.SecretOut != "":
		r.say.line("There is no secret to write: it was shown before, or was made elsewhere. --new-secret replaces it.")
		return nil
	case !ok:
		return nil
	case r.SecretOut == "":
		r.say.line("The %s is kept encrypted until %s. To get it, once, give the same command with --secret-out FILE.", r.noun(), kept.DropAt.Local().Format(time.DateTime))
		return nil
	}
	value, err := st.UseSecret(ctx, kept.ID, who)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("the %s belongs to %s, who made it, and is shown to nobody else: sign in as that account, or replace it with --new-secret", r.noun(), account(kept.Owner))
	}
	if err == nil {
		err = r.writeSecret(value)
	}
	if err != nil {
		return fmt.Errorf("--secret-out: the %s is still kept: %w", r.noun(), err)
	}
	// Shown only once it is safely written: a crash in between shows it again
	// rather than never.
	if _, err := st.RevealSecret(ctx, kept.ID, who); err != nil {
		return err
	}
	return st.DropSecret(ctx, kept.ID)
}

func (r *setupRun) writeSecret(value entra.Sensitive) error {
	if r.SecretOut == "-" {
		_, err := fmt.Fprintln(r.stdout, value.Reveal())
		return err
	}
	f, err := os.OpenFile(r.SecretOut, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, value.Reveal())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(r.SecretOut))
	}
	r.say.line("The %s is in %s. Store it safely, then delete the file.", r.noun(), r.SecretOut)
	return nil
}

func account(p entra.Person) string {
	switch {
	case p.UPN != "":
		return p.UPN
	case p.DisplayName != "":
		return p.DisplayName
	}
	return string(p.ID)
}
