package trial

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// ProofPatience is how long a new credential may be refused before the refusal
// counts: new ones were seen refused for 4 to 18 s after the directory showed
// them, and reports speak of a minute.
const ProofPatience = time.Minute

// ProofScope asks for what the app holds of Microsoft Graph, which may be
// nothing: a token comes all the same. The resource has this name in every
// cloud.
const ProofScope = "https://graph.microsoft.com/.default"

// ProofState is how far a proof got.
type ProofState string

// The states of a proof.
const (
	Proving ProofState = "proving" // asked for, or being asked again
	Proven  ProofState = "proven"  // a token came
	Refuted ProofState = "refuted" // none came; Failure says why
)

// A Proof is what shows that an app's credential works: a token was asked for
// with it. It holds neither the credential nor the token.
type Proof struct {
	State    ProofState     `json:"state"`
	Tenant   string         `json:"tenant"`
	ClientID entra.ClientID `json:"clientId"`
	Scope    string         `json:"scope"`
	// Trial is the test consent that redeemed its code with the credential;
	// empty when the app asked for a token of its own.
	Trial   string       `json:"trial,omitempty"`
	By      entra.Person `json:"by"` // who asked for the proof
	Started time.Time    `json:"started"`
	Ended   time.Time    `json:"ended,omitzero"`
	// Attempts counts the requests; all but the last were refused as a
	// credential is that is not known everywhere yet.
	Attempts int `json:"attempts"`
	// Lifetime is how long the token that came would have lived; it was thrown
	// away at once.
	Lifetime time.Duration `json:"lifetime,omitempty"`
	// Failure is why no token came, or while there is still time why none came
	// yet.
	Failure *Failure `json:"failure,omitempty"`
}

// Proven reports whether the credential works.
func (p Proof) Proven() bool { return p.State == Proven }

// CutOff: the process that asked has ended without an answer.
func (p Proof) CutOff(now time.Time) bool {
	return p.State == Proving && now.Sub(p.Started) > 2*ProofPatience
}

// ProvenBy is the proof that a finished test consent gives: its code could be
// redeemed with the credential.
func ProvenBy(t Trial, by entra.Person) (Proof, bool) {
	return Proof{
		State: Proven, Tenant: t.Tenant, ClientID: t.ClientID, Trial: t.ID, By: by, Started: t.Started, Ended: t.Ended, Attempts: 1,
	}, t.State == Succeeded && t.Kind == UserConsent
}

// A Prover asks for tokens to prove credentials with.
type Prover struct {
	Now func() time.Time
	// Sleep waits before another attempt and ends early with its context.
	Sleep func(ctx context.Context, d time.Duration) error
	// Keep is given the proof each time it moves on; its error ends the proof.
	Keep func(context.Context, Proof) error
}

// Prove calls ask until a token comes, up to ProofPatience while what is
// refused may only be too new. The proof is kept at each step, the last one
// too; the error is Keep's or that of ctx.
func (r Prover) Prove(ctx context.Context, p Proof, ask func(context.Context) (oauth.Tokens, error)) (Proof, error) {
	p.State, p.Started, p.Failure, p.Ended, p.Attempts = Proving, r.Now(), nil, time.Time{}, 0
	for {
		tokens, err := ask(ctx)
		if ctx.Err() != nil {
			return p, ctx.Err()
		}
		p.Attempts++
		again := r.note(&p, tokens, err)
		if err := r.Keep(ctx, p); err != nil || !again {
			return p, err
		}
		if err := r.Sleep(ctx, pause(p.Attempts)); err != nil {
			return p, err
		}
	}
}

// note records one answer; again means that asking once more may help.
func (r Prover) note(p *Proof, tokens oauth.Tokens, err error) (again bool) {
	now := r.Now()
	if err == nil {
		p.State, p.Ended, p.Failure, p.Lifetime = Proven, now, nil, tokens.Lifetime
		return false
	}
	f := explainError(err)
	if tooNew(err) && now.Add(pause(p.Attempts+1)).Sub(p.Started) <= ProofPatience {
		f.Transient = true
		p.Failure = &f
		return true
	}
	p.State, p.Ended, p.Failure = Refuted, now, &f
	return false
}

// tooNew: the refusal is one that a credential gets which is not known
// everywhere yet, or an answer that says nothing about it.
func tooNew(err error) bool {
	var no *entra.ServiceError
	if !errors.As(err, &no) {
		return true
	}
	known, _ := entra.LookupAADSTS(no.AADSTS)
	return known.Transient || slices.Contains(assertionTooNew, no.AADSTS) || no.Status >= 500 || no.Status == 429
}

// assertionTooNew are the refusals of a client assertion whose certificate or
// federated credential is not found on the app; elsewhere they do not pass.
var assertionTooNew = []int{70021, 700027, 700211, 700212, 700213}
