package remind

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/store"
)

// Settings say how people are told, and who is told of everything.
type Settings struct {
	Webhook *Webhook // nil: none
	Mail    *Mail    // nil: none
	// Operator is told of every environment, besides its owner and contacts;
	// empty means nobody is.
	Operator string
	// Base is the console's own address, without trailing slash.
	Base string
	// Integration names one by its id.
	Integration func(id string) string
}

// Channels a reminder may take: the webhook, and each mail address.
const (
	webhookChannel = "webhook"
	mailPrefix     = "mail:"
)

// On reports whether anybody would be told at all.
func (s Settings) On() bool { return s.Webhook != nil || s.Mail != nil }

// Recipients are the mail addresses told about an environment: its owner's,
// its contacts' and the operator's, each once. A person's user principal name
// stands for the address: in most tenants it is one.
func (s Settings) Recipients(env store.Environment, contacts []string) []string {
	var out []string
	for _, a := range append([]string{env.Owner.UPN, s.Operator}, contacts...) {
		known := slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, a) })
		if address, err := Address(a); err == nil && !known && !strings.Contains(a, "#EXT#") {
			out = append(out, address)
		}
	}
	return out
}

func (s Settings) channels(env store.Environment, contacts []string) []string {
	var out []string
	if s.Webhook != nil {
		out = append(out, webhookChannel)
	}
	if s.Mail != nil {
		for _, to := range s.Recipients(env, contacts) {
			out = append(out, mailPrefix+to)
		}
	}
	return out
}

// Rounds send what is due. Several processes may have rounds at the same time.
type Rounds struct {
	Settings
	Store *store.Store
	Now   func() time.Time
	Log   *slog.Logger
}

// abandoned is after how long a POST without a recorded outcome is sent again:
// its key makes that harmless. A mail is not.
const abandoned = time.Hour

// Round sends everything that is due now, once. What fails without having been
// delivered is tried again by the next round, as long as no more urgent
// reminder takes its place. The error is that of the store; what a receiver
// refuses is recorded and logged.
func (r Rounds) Round(ctx context.Context) error {
	if !r.On() {
		return nil
	}
	envs, err := r.Store.Environments(ctx)
	if err != nil {
		return fmt.Errorf("remind: %w", err)
	}
	var errs []error
	for _, env := range envs {
		if ctx.Err() != nil {
			break
		}
		errs = append(errs, r.about(ctx, env))
	}
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return fmt.Errorf("remind: %w", err)
	}
	return nil
}

// about sends what is due about one environment.
func (r Rounds) about(ctx context.Context, env store.Environment) error {
	kept, err := r.Store.Secrets(ctx, env.ID)
	if err != nil {
		return err
	}
	contacts, err := r.Store.Contacts(ctx, env.ID)
	if err != nil {
		return err
	}
	now := r.Now()
	var errs []error
	for _, c := range Credentials(env, kept, now) {
		step, due := c.Due(now)
		if !due {
			continue
		}
		n := newNotice(env, r.integration(env), r.Base, c, step, now)
		for _, channel := range r.channels(env, contacts) {
			errs = append(errs, r.tell(ctx, n, contacts, channel))
		}
	}
	return errors.Join(errs...)
}

func (r Rounds) integration(env store.Environment) string {
	if r.Integration == nil {
		return env.Spec.Integration
	}
	return cmp.Or(r.Integration(env.Spec.Integration), env.Spec.Integration)
}

// tell sends one reminder on one channel, if nobody has.
func (r Rounds) tell(ctx context.Context, n Notice, contacts []string, channel string) error {
	again := time.Duration(0)
	if channel == webhookChannel {
		again = abandoned
	}
	claim := store.Reminder{Environment: n.Environment.ID, KeyID: n.Credential.KeyID, Days: n.Step, Channel: channel}
	claimed, ok, err := r.Store.ClaimReminder(ctx, claim, again)
	if err != nil || !ok {
		return err
	}
	sent := r.send(ctx, n, contacts, channel)
	state, problem := outcome(sent)
	if sent != nil {
		r.Log.Warn("a reminder was not sent", "environment", n.Environment.Name, "channel", kindOf(channel), "days", n.Step, "error", problem)
	}
	// What came of it is recorded even when the program stops.
	return r.Store.EndReminder(context.WithoutCancel(ctx), claimed, state, problem)
}

func (r Rounds) send(ctx context.Context, n Notice, contacts []string, channel string) error {
	key := identity(n.Environment.ID, n.Credential.KeyID, n.Step, channel)
	if to, ok := strings.CutPrefix(channel, mailPrefix); ok {
		return r.Mail.Send(ctx, n, to, key, r.Now())
	}
	return r.Webhook.Send(ctx, n, contacts, key, r.Now())
}

func outcome(err error) (store.ReminderState, string) {
	switch {
	case err == nil:
		return store.ReminderSent, ""
	case errors.Is(err, errUnsure):
		return store.ReminderUnknown, err.Error()
	}
	return store.ReminderFailed, err.Error()
}

// kindOf is a channel without the person behind it.
func kindOf(channel string) string {
	kind, _, _ := strings.Cut(channel, ":")
	return kind
}

// identity is the same whenever the same reminder is sent on a channel.
func identity(env string, key entra.KeyID, days int, channel string) string {
	sum := sha256.Sum256([]byte(env + "\n" + string(key) + "\n" + strconv.Itoa(days) + "\n" + channel))
	return hex.EncodeToString(sum[:16])
}
