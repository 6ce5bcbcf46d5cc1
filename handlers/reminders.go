package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/remind"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// Remind sends the reminders that are due, each once, whichever process does
// it. It is meant to be called every hour.
func (h *Handlers) Remind(ctx context.Context) error {
	return remind.Rounds{Settings: h.reminders(), Store: h.Store, Now: h.Now, Log: h.Log}.Round(ctx)
}

func (h *Handlers) reminders() remind.Settings {
	s := h.Reminders
	s.Base = h.BaseURL
	s.Integration = func(id string) string {
		p, _ := preset.ByID(id)
		return p.Name
	}
	return s
}

// reminderView is what an environment's page says about reminders.
type reminderView struct {
	// Off: the operator set up no way to send any.
	Off, Webhook, Mail bool
	Upcoming           []upcoming
	Sent               []sentReminder
	To                 []string
	Contacts           web.Field
}

// upcoming is the next reminder about one credential.
type upcoming struct {
	Called string
	At     time.Time
	Step   string
	End    time.Time
}

// sentReminder is one that was sent, or could not be.
type sentReminder struct {
	Step, Way string
	State     state
	At        time.Time
	Problem   string
}

// maxContacts bounds how many addresses one environment has.
const maxContacts = 10

// remindersOf reads what there is to say about an environment's reminders.
func (h *Handlers) remindersOf(ctx context.Context, env store.Environment, kept []store.KeptSecret) (*reminderView, error) {
	if env.State == store.Removed || env.State == store.Draft {
		return nil, nil
	}
	contacts, err := h.Store.Contacts(ctx, env.ID)
	if err != nil {
		return nil, err
	}
	sent, err := h.Store.Reminders(ctx, env.ID)
	if err != nil {
		return nil, err
	}
	return viewReminders(h.reminders(), env, kept, contacts, sent, h.Now()), nil
}

// viewReminders shapes it. It is pure.
func viewReminders(s remind.Settings, env store.Environment, kept []store.KeptSecret, contacts []string, sent []store.Reminder, now time.Time) *reminderView {
	v := &reminderView{Off: !s.On(), Webhook: s.Webhook != nil, Mail: s.Mail != nil, Contacts: contactField(strings.Join(contacts, "\n"), "")}
	if v.Mail {
		v.To = s.Recipients(env, contacts)
	}
	for _, c := range remind.Credentials(env, kept, now) {
		if at, step, ok := c.Next(now); ok {
			v.Upcoming = append(v.Upcoming, upcoming{c.Called(), at, stepWords(step), c.End})
		}
	}
	for _, r := range sent[:min(len(sent), 8)] {
		v.Sent = append(v.Sent, sentReminder{stepWords(r.Days), wayWords(r.Channel), reminderState(r.State), r.Started, r.Error})
	}
	return v
}

func contactField(value, problem string) web.Field {
	return web.Field{Name: "contacts", Label: "Who else is told", Type: "textarea", Value: value, Error: problem,
		Help: "Mail addresses, one on each line. The environment's owner is told in any case."}
}

func stepWords(days int) string { return setup.LifetimeWords(days) + " ahead" }

func wayWords(channel string) string {
	if to, ok := strings.CutPrefix(channel, "mail:"); ok {
		return "mail to " + to
	}
	return channel
}

func reminderState(s store.ReminderState) state {
	switch s {
	case store.ReminderSent:
		return state{"good", "sent"}
	case store.ReminderFailed:
		return state{"warn", "not delivered, is tried again"}
	case store.ReminderUnknown:
		return state{"warn", "perhaps delivered"}
	}
	return state{"busy", "being sent"}
}

// saveContacts replaces whom an environment's reminders go to.
func (h *Handlers) saveContacts(c *gin.Context) (web.Response, error) {
	env, _, err := h.living(c)
	if err != nil {
		return nil, err
	}
	typed := c.PostForm("contacts")
	contacts, err := readContacts(typed)
	if err != nil {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Err: err, Public: sentence(err) + " Nothing was saved.",
			Next: web.Link{Label: "Back to the environment", Href: "/environments/" + env.ID}}
	}
	if err := h.Store.SetContacts(c.Request.Context(), env.ID, contacts); err != nil {
		return nil, err
	}
	if err := web.SessionOf(c).Say("Saved who is told before a secret of " + env.Name + " ends."); err != nil {
		return nil, err
	}
	return web.SeeOther("/environments/" + env.ID + "#reminders"), nil
}

// readContacts reads addresses divided by lines, commas or semicolons.
func readContacts(typed string) ([]string, error) {
	var out []string
	for _, field := range strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune("\r\n,;", r) }) {
		if strings.TrimSpace(field) == "" {
			continue
		}
		address, err := remind.Address(field)
		if err != nil {
			return nil, err
		}
		out = append(out, address)
	}
	if len(out) > maxContacts {
		return nil, errors.New("there are more than 10 addresses: give one that reaches the team")
	}
	return out, nil
}
