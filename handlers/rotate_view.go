package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// The steps of a rotation, in their order.
const (
	addStep = iota
	showStep
	handStep
	proveStep
	retireStep
)

// rotatePage leads through replacing a client secret without interruption.
type rotatePage struct {
	web.Base
	Env    store.Environment
	Preset preset.Preset
	Steps  []rotateStep
	// Old is in use, New takes its place; either may be missing.
	Old, New *rotateSecret
	// Choices are the secrets made by hand of which one is in use.
	Choices []rotateSecret
	Lost    []rotateSecret
	More    []rotateSecret
	// Elsewhere: New was made where this console has no record of it.
	Elsewhere bool
	Limit     string
	Forbidden bool
	// Kept is the new secret's value waiting here; Foreign: another person
	// made it.
	Kept    *store.KeptSecret
	Foreign bool
	Field   string   // the integration's label for the secret
	Where   []string // the way to its form
	Note    string   // the integration's own
	Handed  store.Credential
	Proof   *proofView
	// Usable: the value is here and may be used by whoever looks.
	Usable    bool
	MayRetire bool
	Running   string        // id of an operation under way
	Stopped   *operationRow // the rotation's last operation, when it did not end well
	Over      bool          // the last rotation has ended
	Allow     *gate         // before anything is added or removed
	Errors    []string
}

// rotateStep is one row of the way.
type rotateStep struct {
	Number int
	Title  string
	State  state
	Open   bool // this is what is to be done now
}

// rotateSecret is a client secret as the page tells it apart.
type rotateSecret struct {
	entra.Secret
	State state
	Ours  bool
}

// proofView says what the last token request with the new secret brought.
type proofView struct {
	trial.Proof
	Shown state
	Words string
	Live  bool
}

// rotateView shapes the page. It is pure.
func rotateView(r rotation, who entra.Person, now time.Time) *rotatePage {
	page := &rotatePage{
		Env: r.env, Preset: r.preset, Limit: r.limit, Forbidden: r.forbidden, Elsewhere: r.overlap.Elsewhere,
		Field: secretField(r.preset), Where: r.preset.Place(r.env.Spec.Inputs), Note: secretNote(r.preset),
		Old: one(r.env, r.overlap.Old, now), New: one(r.env, r.overlap.New, now), Choices: many(r.env, r.choices(), now),
		Lost: many(r.env, r.overlap.Lost, now), More: many(r.env, r.overlap.More, now),
	}
	page.Title, page.Section = r.env.Name+": rotate the client secret", "start"
	page.operations(r.ops)
	if page.New != nil {
		page.next(r, who, now)
	}
	page.steps()
	if page.Waits() {
		page.Refresh = 3
	}
	return page
}

// Rests: the last rotation is over and the next one is not due, so that the
// page leads away from here and keeps the next one folded.
func (page *rotatePage) Rests() bool {
	return page.Over && page.Old != nil && page.Old.State.Kind == "good" && page.Running == ""
}

// Waits: something goes on that the page will show when it ends.
func (page *rotatePage) Waits() bool {
	return page.Running != "" || page.Proof != nil && page.Proof.Live
}

// Seen is how far it had got when the page was made.
func (page *rotatePage) Seen() string {
	if page.Proof == nil {
		return rotationSeen(page.Running, nil)
	}
	return rotationSeen(page.Running, &page.Proof.Proof)
}

func rotationSeen(running string, p *trial.Proof) string {
	if p == nil {
		return running
	}
	return fmt.Sprintf("%s.%s.%d", running, p.State, p.Attempts)
}

// operations tells what is under way, and how the last one ended.
func (page *rotatePage) operations(ops []store.Operation) {
	if len(ops) == 0 {
		return
	}
	last := ops[0]
	switch {
	case last.State == store.OperationRunning:
		page.Running = last.ID
	case !rotates(last.Kind):
	case last.State != store.OperationDone:
		page.Stopped = &operationRow{last.ID, operationWords(last), operationState(last), last.Started, last.Actor.UPN}
	case last.Kind == store.RetireOperation:
		page.Over = page.New == nil
	}
}

// next tells how far the new secret got.
func (page *rotatePage) next(r rotation, who entra.Person, now time.Time) {
	known := store.CredentialOf(r.known, page.New.KeyID)
	page.Handed = known
	if i := slices.IndexFunc(r.kept, func(k store.KeptSecret) bool { return k.KeyID == page.New.KeyID }); i >= 0 {
		k := r.kept[i]
		page.Kept, page.Foreign = &k, !owns(who, k)
		page.Usable = k.Usable && !page.Foreign
	}
	if known.Proof != nil {
		page.Proof = viewProof(*known.Proof, now)
	}
	page.MayRetire = page.Old != nil && known.InUse()
}

// steps decides what is done and what is to be done now.
func (page *rotatePage) steps() {
	done := map[int]bool{}
	if page.New != nil {
		done[addStep] = true
		done[showStep] = page.Elsewhere || page.Kept == nil || !page.Kept.RevealedAt.IsZero()
		done[handStep] = !page.Handed.Handed.IsZero()
		done[proveStep] = page.Proof != nil && page.Proof.State == trial.Proven
		done[retireStep] = page.Old == nil
	}
	open := slices.IndexFunc([]int{addStep, showStep, handStep, proveStep, retireStep}, func(i int) bool { return !done[i] })
	for i, title := range []string{"Add the next secret", "Take its value, once", "Hand it over to " + page.Preset.Called(), "Prove that it works", "Retire the old secret"} {
		s := rotateStep{Number: i + 1, Title: title, State: state{"idle", "later"}, Open: i == open && page.Running == ""}
		switch {
		case done[i]:
			s.State = state{"good", "done"}
		case i == open:
			s.State = state{"idle", "to do now"}
		}
		page.Steps = append(page.Steps, s)
	}
}

// refused shows the page as it stands, and why nothing was done.
func (page *rotatePage) refused(words string) web.Response {
	page.Errors = []string{words}
	return web.PageWithStatus(http.StatusConflict, "rotate.html", page)
}

func secretNote(p preset.Preset) string {
	for _, f := range p.Fields {
		if f.Value == preset.ClientSecretValue {
			return strings.TrimSpace(f.Note + " " + placeWords(f.Place))
		}
	}
	return ""
}

func placeWords(place string) string {
	if place == "" {
		return ""
	}
	return "Where: " + place
}

// choices are the live secrets made by hand, of which nobody here knows which
// one is in use.
func (r rotation) choices() []entra.Secret {
	if r.actual.App == nil || r.overlap.Old != nil || r.overlap.New != nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.actual.App.Secrets), func(s entra.Secret) bool {
		_, ours := entra.IsOurSecret(s.Name, r.env.Name)
		return ours || s.ExpiredAt(r.read)
	})
}

func one(env store.Environment, s *entra.Secret, now time.Time) *rotateSecret {
	if s == nil {
		return nil
	}
	return &many(env, []entra.Secret{*s}, now)[0]
}

func many(env store.Environment, secrets []entra.Secret, now time.Time) []rotateSecret {
	var out []rotateSecret
	for _, row := range secretRows(env, secrets, now) {
		out = append(out, rotateSecret{row.Secret, row.State, row.Ours})
	}
	return out
}

// viewProof puts a proof into words.
func viewProof(p trial.Proof, now time.Time) *proofView {
	v := &proofView{Proof: p}
	switch {
	case p.State == trial.Proven && p.Trial != "":
		v.Shown, v.Words = state{"good", "proven"}, "A test consent redeemed its code with it."
	case p.State == trial.Proven:
		v.Shown, v.Words = state{"good", "proven"}, fmt.Sprintf("Microsoft gave a token for it, in the tenant %s; the token was thrown away.", p.Tenant)
	case p.CutOff(now):
		v.Shown, v.Words = state{"warn", "cut off"}, "The console stopped while it asked Microsoft. Ask again."
	case p.State == trial.Proving && p.Failure != nil:
		v.Live, v.Shown = true, state{"busy", "asking again"}
		v.Words = fmt.Sprintf("Microsoft does not know it everywhere yet, as with every new secret; this is asked again for up to a minute (attempt %d).", p.Attempts+1)
	case p.State == trial.Proving:
		v.Live, v.Shown, v.Words = true, state{"busy", "asking"}, "Microsoft is being asked for a token with it."
	default:
		v.Shown, v.Words = state{"bad", "refused"}, refusedProof(p)
	}
	return v
}

func refusedProof(p trial.Proof) string {
	words := "No token came."
	if p.Failure != nil {
		words = p.Failure.Cause + " " + p.Failure.Next
	}
	if p.Attempts > 1 {
		words = fmt.Sprintf("It was refused %d times within a minute. %s", p.Attempts, words)
	}
	return words
}

// overlapping: when the directory was last read, the environment had more than
// one client secret of its own, so a rotation is on its way.
func overlapping(env store.Environment, now time.Time) bool {
	if env.Result == nil || env.State == store.Removed || provesBy(env) != entra.ClientSecretKind {
		return false
	}
	live := 0
	for _, s := range env.Result.App.Secrets {
		if _, ours := entra.IsOurSecret(s.Name, env.Name); ours && !s.ExpiredAt(now) {
			live++
		}
	}
	return live > 1
}

func finishRotation(env store.Environment) nextStep {
	return nextStep{Label: "Finish rotating the client secret", Help: "Two are valid now. Hand the new one over, prove it, then retire the old one.", Href: "/environments/" + env.ID + "/rotate", Primary: true}
}
