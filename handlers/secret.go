package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// secretPage is the secret's own moment: masked until asked for, shown once.
type secretPage struct {
	web.Base
	Env    store.Environment
	Preset preset.Preset
	// Kept is the secret waiting to be shown; nil when there is none.
	Kept *store.KeptSecret
	// Value is set only in the direct answer to a browser without script.
	Value string
	Field string // the integration's label for it
	// Foreign: another person made it, so only that person may see it.
	Foreign bool
	SignIn  string
	Live    *entra.Secret
	// After is where to go on once the value is stored.
	After string
	// Forgotten: nobody took the live one in time, so nobody has its value.
	Forgotten *store.KeptSecret
	Allow     *gate // before it may be replaced
	// Kind is what the app proves itself with, Noun what is shown once of it.
	Kind     entra.CredentialKind
	Noun     string
	Heading  string
	MadeHere bool // so that it can be made anew

	all []store.KeptSecret
}

func (h *Handlers) showSecret(c *gin.Context) (web.Response, error) {
	page, err := h.secretPage(c)
	if err != nil {
		return nil, err
	}
	return web.Page("secret.html", page), nil
}

func (h *Handlers) secretPage(c *gin.Context) (*secretPage, error) {
	env, p, err := h.environment(c)
	if err != nil {
		return nil, err
	}
	page := newSecretPage(env, p)
	kept, err := h.Store.Secrets(c.Request.Context(), env.ID)
	if err != nil {
		return nil, err
	}
	who, _ := person(c)
	if k := unseenSecret(env, kept); k != nil {
		page.Kept, page.Foreign = k, !owns(who, *k)
		if page.After, err = h.afterSecret(c.Request.Context(), env, *k); err != nil {
			return nil, err
		}
	}
	page.all, page.Forgotten = kept, forgottenSecret(env, kept)
	page.Allow, err = h.gate(c, levelWrite, "/environments/"+env.ID+"/secret")
	return page, err
}

func newSecretPage(env store.Environment, p preset.Preset) *secretPage {
	page := &secretPage{After: "/environments/" + env.ID + "/test", Env: env, Preset: p, Field: secretField(p), SignIn: signInFor("/environments/" + env.ID + "/secret"),
		Live: env.Result.Current(), Kind: provesBy(env), Noun: shownNoun(env), Heading: capital(shownNoun(env)), MadeHere: madeHere(env.Spec)}
	page.Title, page.Section = env.Name+": "+page.Noun, "start"
	return page
}

// forgottenSecret is the live secret when its time was over before anybody
// looked at it; else nil. A setup removes it and makes another.
func forgottenSecret(env store.Environment, kept []store.KeptSecret) *store.KeptSecret {
	live := env.Result.Current()
	if live == nil {
		return nil
	}
	i := slices.IndexFunc(kept, func(k store.KeptSecret) bool { return k.KeyID == live.KeyID })
	if i < 0 || kept[i].Usable || !kept[i].RevealedAt.IsZero() {
		return nil
	}
	return &kept[i]
}

// afterSecret leads on with what the secret was made for: the rotation, or the
// way to a first connection.
func (h *Handlers) afterSecret(ctx context.Context, env store.Environment, k store.KeptSecret) (string, error) {
	op, err := h.Store.Operation(ctx, k.Operation)
	if err == nil && op.Kind == store.RotateOperation {
		return "/environments/" + env.ID + "/rotate", nil
	}
	return "/environments/" + env.ID + "/test", err
}

func owns(who entra.Person, k store.KeptSecret) bool {
	return who.ID != "" && k.Owner.Tenant == who.Tenant && k.Owner.ID == who.ID
}

// liveSecret is the kept secret that still works: the one found when the
// directory was last read, or one made since. Nil when its value is not kept
// any more.
func liveSecret(env store.Environment, kept []store.KeptSecret) *store.KeptSecret {
	if !madeHere(env.Spec) {
		return nil
	}
	live := env.Result.Current()
	for _, k := range slices.Backward(kept) {
		if k.Usable && (live == nil || k.KeyID == live.KeyID || k.Created.After(live.Start)) {
			return &k
		}
	}
	return nil
}

// unseenSecret is the live secret as long as nobody was shown it; else nil.
func unseenSecret(env store.Environment, kept []store.KeptSecret) *store.KeptSecret {
	if k := liveSecret(env, kept); k != nil && k.RevealedAt.IsZero() {
		return k
	}
	return nil
}

// secretField is what the integration's form calls the client secret.
func secretField(p preset.Preset) string {
	for _, f := range p.Fields {
		if f.Value == preset.ClientSecretValue {
			return f.Label
		}
	}
	return "Client secret"
}

// revealSecret gives the value once, to the person who made it. A page's
// script gets JSON and puts it into the page; without script the answer is a
// page of its own that is kept nowhere.
func (h *Handlers) revealSecret(c *gin.Context) (web.Response, error) {
	who, ok := person(c)
	if !ok {
		return nil, errNobody
	}
	page, err := h.secretPage(c)
	if err != nil {
		return nil, err
	}
	value, err := h.reveal(c.Request.Context(), page.Env.ID, c.Param("secret"), who)
	switch {
	case errors.Is(err, store.ErrGone):
		return nil, h.goneSecret(page, c.Param("secret"), err)
	case errors.Is(err, store.ErrNotFound):
		return nil, h.noSecret(page, http.StatusNotFound, err, "There is no secret here for you. It is shown only to the person who created it.")
	case err != nil:
		return nil, err
	}
	if wantsJSON(c) {
		return web.JSON(http.StatusOK, map[string]string{"secret": value.Reveal()}), nil
	}
	page.Value = value.Reveal()
	return web.Page("secret.html", page), nil
}

// reveal gives a secret of this environment only.
func (h *Handlers) reveal(ctx context.Context, env, id string, who entra.Person) (entra.Sensitive, error) {
	kept, err := h.Store.Secrets(ctx, env)
	if err != nil {
		return entra.Sensitive{}, err
	}
	if !slices.ContainsFunc(kept, func(k store.KeptSecret) bool { return k.ID == id }) {
		return entra.Sensitive{}, store.ErrNotFound
	}
	return h.Store.RevealSecret(ctx, id, who)
}

// goneSecret is for a secret that counts as shown, whether its value arrived
// or was lost on the way: there is no telling who has it.
func (h *Handlers) goneSecret(page *secretPage, id string, err error) error {
	which := "This secret"
	if i := slices.IndexFunc(page.all, func(k store.KeptSecret) bool { return k.ID == id }); i >= 0 {
		which = fmt.Sprintf("The %s %s… (ID %s)", page.Noun, page.all[i].Hint, page.all[i].KeyID)
	}
	if page.Kind == entra.CertificateKind {
		return h.noSecret(page, http.StatusGone, err, which+" was shown already, or its time is over. When it was lost on the way, somebody else may have it: replace it.")
	}
	e := h.noSecret(page, http.StatusGone, err, which+" was shown already, or its time is over. When its value was lost on the way, somebody else may have it: rotate it, and retire this one. If it leaked, replace it at once.")
	e.Next = web.Link{Label: "Rotate the client secret", Href: "/environments/" + page.Env.ID + "/rotate"}
	return e
}

func (h *Handlers) noSecret(page *secretPage, status int, err error, words string) *web.Error {
	return &web.Error{Status: status, Err: err, Public: words, Next: web.Link{Label: "Back to the environment", Href: "/environments/" + page.Env.ID}}
}

// replaceSecret removes our live secret and makes a new one, as an operation.
func (h *Handlers) replaceSecret(c *gin.Context) (web.Response, error) {
	env, p, err := h.living(c)
	if err != nil {
		return nil, err
	}
	return h.startSetup(c, env, p, store.SecretOperation)
}

// dropReplaced deletes the values of secrets made before the one that is live
// now. Of a live one made elsewhere nothing is concluded.
func (h *Handlers) dropReplaced(ctx context.Context, env string, live entra.KeyID) error {
	kept, err := h.Store.Secrets(ctx, env)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(kept, func(k store.KeptSecret) bool { return k.KeyID == live })
	return h.dropSecrets(ctx, env, func(k store.KeptSecret) bool {
		return at >= 0 && slices.ContainsFunc(kept[:at], func(older store.KeptSecret) bool { return older.ID == k.ID })
	})
}

// dropDone deletes the values that nobody needs any more: shown, tested with,
// and handed over.
func (h *Handlers) dropDone(ctx context.Context, env store.Environment, p preset.Preset) error {
	if len(env.Handed) < len(p.Fields) {
		return nil
	}
	trials, err := h.Store.Trials(ctx, env.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(trials, func(t trial.Trial) bool { return t.State == trial.Succeeded }) {
		return nil
	}
	return h.dropSecrets(ctx, env.ID, func(k store.KeptSecret) bool { return !k.RevealedAt.IsZero() })
}

// dropSecrets deletes the kept values that which picks.
func (h *Handlers) dropSecrets(ctx context.Context, env string, which func(store.KeptSecret) bool) error {
	kept, err := h.Store.Secrets(ctx, env)
	if err != nil {
		return err
	}
	for _, k := range kept {
		if k.Usable && which(k) {
			err = errors.Join(err, h.Store.DropSecret(ctx, k.ID))
		}
	}
	return err
}
