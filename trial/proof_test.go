package trial

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// aProver has a clock that Sleep moves, and remembers what it kept.
func aProver() (p Prover, clock *time.Time, kept *[]Proof) {
	at, all := now, []Proof{}
	return Prover{
		Now:   func() time.Time { return at },
		Sleep: func(ctx context.Context, d time.Duration) error { at = at.Add(d); return ctx.Err() },
		Keep:  func(_ context.Context, p Proof) error { all = append(all, p); return nil },
	}, &at, &all
}

func refusal(code int) error {
	return &entra.ServiceError{Service: "the sign-in service", Status: 401, Code: "invalid_client", AADSTS: code, Message: "AADSTS: no"}
}

// answers gives errs one after the other, then a token.
func answers(errs ...error) (ask func(context.Context) (oauth.Tokens, error), asked *int) {
	n := 0
	return func(context.Context) (oauth.Tokens, error) {
		n++
		if n <= len(errs) {
			return oauth.Tokens{}, errs[n-1]
		}
		return oauth.Tokens{Access: entra.NewSensitive("token-canary"), Lifetime: time.Hour}, nil
	}, &n
}

func TestACredentialIsProvenByTheTokenItBrings(t *testing.T) {
	p, _, kept := aProver()
	ask, _ := answers()
	got, err := p.Prove(t.Context(), Proof{Tenant: "t", ClientID: "c", Scope: ProofScope}, ask)
	if err != nil || got.State != Proven || got.Attempts != 1 || got.Lifetime != time.Hour || !got.Ended.Equal(now) {
		t.Errorf("%+v, %v", got, err)
	}
	data, err := json.Marshal(*kept)
	if err != nil || strings.Contains(string(data), "canary") {
		t.Errorf("kept %s, %v", data, err)
	}
}

func TestACredentialThatIsTooNewIsAskedWithAgain(t *testing.T) {
	for _, code := range []int{7000215, 700016, 700027, 700211, 700213} {
		p, clock, kept := aProver()
		ask, asked := answers(refusal(code), refusal(code), refusal(code))
		got, err := p.Prove(t.Context(), Proof{}, ask)
		if err != nil || got.State != Proven || *asked != 4 || got.Attempts != 4 || clock.Equal(now) || got.Failure != nil {
			t.Errorf("%d: %+v after %d requests, %v", code, got, *asked, err)
		}
		for i, between := range (*kept)[:3] {
			if between.State != Proving || between.Failure == nil || !between.Failure.Transient || between.Attempts != i+1 {
				t.Errorf("%d: in between it says %+v", code, between)
			}
		}
	}
}

func TestARefusalCountsAfterAMinute(t *testing.T) {
	p, clock, _ := aProver()
	forever := make([]error, 100)
	for i := range forever {
		forever[i] = refusal(7000215)
	}
	ask, asked := answers(forever...)
	got, err := p.Prove(t.Context(), Proof{}, ask)
	waited := clock.Sub(now)
	if err != nil || got.State != Refuted || got.Failure == nil || got.Failure.AADSTS != 7000215 || got.Failure.Transient {
		t.Errorf("%+v, %v", got, err)
	}
	if waited > ProofPatience || waited < ProofPatience-15*time.Second || *asked > 15 {
		t.Errorf("asked %d times in %v", *asked, waited)
	}
}

func TestWhatDoesNotPassIsNotAskedAgain(t *testing.T) {
	for _, code := range []int{7000222, 700025, 90002, 50012, 0} {
		p, clock, _ := aProver()
		ask, asked := answers(refusal(code))
		got, err := p.Prove(t.Context(), Proof{}, ask)
		if err != nil || got.State != Refuted || *asked != 1 || !clock.Equal(now) {
			t.Errorf("%d: %+v after %d requests, %v", code, got, *asked, err)
		}
	}
}

func TestNoAnswerSaysNothingAboutTheCredential(t *testing.T) {
	p, _, _ := aProver()
	ask, _ := answers(&entra.NoAnswerError{Service: "the sign-in service", Sent: true, Err: errors.New("reset")}, &entra.ServiceError{Status: 503})
	if got, err := p.Prove(t.Context(), Proof{}, ask); err != nil || got.State != Proven || got.Attempts != 3 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAProofEndsWhenItCannotBeKept(t *testing.T) {
	p, _, _ := aProver()
	full := errors.New("disk full")
	p.Keep = func(context.Context, Proof) error { return full }
	ask, asked := answers(refusal(7000215))
	if _, err := p.Prove(t.Context(), Proof{}, ask); !errors.Is(err, full) || *asked != 1 {
		t.Errorf("%v after %d requests", err, *asked)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	p, _, kept := aProver()
	ask, _ = answers()
	if _, err := p.Prove(ctx, Proof{}, ask); !errors.Is(err, context.Canceled) || len(*kept) != 0 {
		t.Errorf("%v, kept %v", err, *kept)
	}
}

func TestAProofThatNobodyWorksOnIsCutOff(t *testing.T) {
	p := Proof{State: Proving, Started: now}
	if p.CutOff(now.Add(ProofPatience)) || !p.CutOff(now.Add(3*ProofPatience)) {
		t.Error("cut off too early, or never")
	}
	p.State = Proven
	if p.CutOff(now.Add(24 * time.Hour)) {
		t.Error("a finished proof is cut off")
	}
}

func TestATestConsentIsAProofOnceItsCodeWasRedeemed(t *testing.T) {
	done := Trial{ID: "t1", Kind: UserConsent, State: Succeeded, Tenant: "organizations", Ended: now}
	if p, ok := ProvenBy(done, entra.Person{ID: "me"}); !ok || p.State != Proven || p.Trial != "t1" || p.By.ID != "me" {
		t.Errorf("%+v %v", p, ok)
	}
	for _, other := range []Trial{{Kind: UserConsent, State: Failed}, {Kind: AdminConsent, State: Succeeded}} {
		if _, ok := ProvenBy(other, entra.Person{}); ok {
			t.Errorf("%+v proves something", other)
		}
	}
}
