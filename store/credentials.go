package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/trial"
)

// A Credential is how far a credential of an environment got with those who
// use it. That it exists, only the directory can say.
type Credential struct {
	KeyID entra.KeyID
	// Handed is when somebody said that it is entered where it is used; zero
	// until then.
	Handed   time.Time
	HandedBy entra.Person
	// Proof is the last token request with it; nil before the first.
	Proof *trial.Proof
}

// InUse: it is entered where it is used and was proven to work, so that
// nothing else needs to stand beside it.
func (c Credential) InUse() bool {
	return !c.Handed.IsZero() && c.Proof != nil && c.Proof.Proven()
}

// CredentialOf finds one among those known; one of which nothing is known has
// its KeyID alone.
func CredentialOf(known []Credential, key entra.KeyID) Credential {
	i := slices.IndexFunc(known, func(c Credential) bool { return c.KeyID == key })
	if i < 0 {
		return Credential{KeyID: key}
	}
	return known[i]
}

// Additions are the operations that added a credential beside another, in the
// order given: newest first, as Operations lists them.
func Additions(ops []Operation) []setup.Addition {
	var out []setup.Addition
	for _, o := range ops {
		if o.Kind == RotateOperation {
			out = append(out, setup.Addition{Operation: o.ID, Old: o.Plan.OldIn()})
		}
	}
	return out
}

// NoteRotation puts what a rotation read on its environment; how the
// environment is doing otherwise is not its business. The kind is what was
// added or retired.
func (e *Environment) NoteRotation(r setup.Result, kind entra.CredentialKind) {
	if r.App.ClientID == "" {
		return
	}
	if e.Result == nil {
		e.Result = &setup.Result{}
	}
	e.asBefore(&r.App, kind)
	e.Result.App = r.App
	if e.Spec.Credential == "" || e.Spec.Credential == entra.ClientSecretKind {
		e.Result.Secret = r.Secret
	}
}

// NoteSetup puts what a setup read on its environment.
func (e *Environment) NoteSetup(r setup.Result) {
	if e.Result != nil {
		e.asBefore(&r.App, e.Spec.Credential)
	}
	e.Result = &r
}

// asBefore keeps the certificates and federated credentials of the last
// reading where they were not asked for this time: it costs requests of their
// own.
func (e *Environment) asBefore(app *entra.Application, kind entra.CredentialKind) {
	before := e.Result.App
	if app.ClientID != before.ClientID {
		return
	}
	if e.Spec.Adopt == "" && (kind == "" || kind == entra.ClientSecretKind) {
		app.Certificates = before.Certificates
	}
	if kind != entra.FederatedKind {
		app.Federated = before.Federated
	}
}

// ofVisible ends a query on rows of an environment, whose id is its first
// parameter: home and whether it matters are the second and third.
const ofVisible = ` environment = $1 AND EXISTS (SELECT 1 FROM environments e WHERE e.id = $1 AND (e.home = $2 OR $3))`

// Credentials lists what is known of an environment's credentials.
func (s *Store) Credentials(ctx context.Context, env string) ([]Credential, error) {
	home, everything := scope(ctx)
	list, err := all(ctx, s.read, scanCredential, `SELECT key_id, handed, handed_by, proof FROM credentials WHERE`+ofVisible+` ORDER BY key_id`, env, home, everything)
	if err != nil {
		return nil, fmt.Errorf("store: credentials: %w", err)
	}
	return list, nil
}

func scanCredential(row scanner) (Credential, error) {
	var c Credential
	err := row.Scan(&c.KeyID, instant{&c.Handed}, document{&c.HandedBy}, document{&c.Proof})
	return c, err
}

// Credential is what is known of one; nothing yet is no error.
func (s *Store) Credential(ctx context.Context, env string, key entra.KeyID) (Credential, error) {
	list, err := s.Credentials(ctx, env)
	return CredentialOf(list, key), err
}

// HandOver records that the credential is entered where it is used, or with
// entered false that it is not after all. ErrNotFound: there is no such
// environment.
func (s *Store) HandOver(ctx context.Context, env string, key entra.KeyID, by entra.Person, entered bool) error {
	var who *entra.Person
	var at time.Time
	if entered {
		who, at = &by, s.now()
	}
	doc, err := text(who)
	if err != nil {
		return fmt.Errorf("store: hand over credential: %w", err)
	}
	return s.aboutCredential(ctx, "hand over credential", handCredential, env, key, millis(at), doc)
}

// KeepProof records how far a proof got. ErrNotFound: there is no such
// environment.
func (s *Store) KeepProof(ctx context.Context, env string, key entra.KeyID, p trial.Proof) error {
	doc, err := text(p)
	if err != nil {
		return fmt.Errorf("store: keep proof: %w", err)
	}
	return s.aboutCredential(ctx, "keep proof", proveCredential, env, key, doc)
}

const handCredential = `INSERT INTO credentials (environment, key_id, handed, handed_by)
	SELECT e.id, $4, CAST($5 AS BIGINT), $6 FROM environments e WHERE e.id = $1 AND (e.home = $2 OR $3)
	ON CONFLICT (environment, key_id) DO UPDATE SET handed = excluded.handed, handed_by = excluded.handed_by`

const proveCredential = `INSERT INTO credentials (environment, key_id, handed, proof)
	SELECT e.id, $4, 0, $5 FROM environments e WHERE e.id = $1 AND (e.home = $2 OR $3)
	ON CONFLICT (environment, key_id) DO UPDATE SET proof = excluded.proof`

func (s *Store) aboutCredential(ctx context.Context, doing, query, env string, key entra.KeyID, values ...any) error {
	home, everything := scope(ctx)
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		n, err := touched(ctx, tx, query, append([]any{env, home, everything, key}, values...)...)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("store: %s: %w", doing, err)
	}
	return nil
}

// The kinds of operations that rotate a client secret: one adds the next
// beside the one in use, one removes the old.
const (
	RotateOperation OperationKind = "rotate"
	RetireOperation OperationKind = "retire"
)
