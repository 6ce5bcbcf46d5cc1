package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/remind"
)

// RemindFlags say how people are told that a credential ends: 90, 30, 7 and 1
// days ahead, each once. Without a webhook and a mail server nobody is.
type RemindFlags struct {
	WebhookURL        string `placeholder:"URL" help:"Address that reminders are posted to as JSON, each signed with HMAC-SHA256 in the header Consentry-Signature. https only."`
	WebhookSecretFile string `placeholder:"FILE" help:"File with the secret that signs, at least 16 characters; readable by its owner only."`
	WebhookPrivate    bool   `help:"Let the webhook's address be inside the network, http on this machine, or behind the proxy that HTTPS_PROXY names. Without it only public addresses are connected to."`

	SMTP             string `name:"smtp" placeholder:"HOST:PORT" help:"Mail server that reminders leave through, such as smtp.example.com:587. They go to the environment's owner and contacts, and to --remind-to."`
	SMTPSecurity     string `name:"smtp-security" enum:"starttls,tls,none" default:"starttls" help:"How the mail server is reached: starttls, tls, or none for one on this machine."`
	SMTPUser         string `name:"smtp-user" help:"User name at the mail server, where it asks for one."`
	SMTPPasswordFile string `name:"smtp-password-file" placeholder:"FILE" help:"File with the password at the mail server; readable by its owner only."`
	SMTPFrom         string `name:"smtp-from" placeholder:"ADDRESS" help:"Sender of the reminders."`
	RemindTo         string `placeholder:"ADDRESS" help:"Mail address that is told about every environment."`
}

// settings opens both ways. An error names the flag.
func (f RemindFlags) reminders() (remind.Settings, error) {
	s := remind.Settings{Operator: f.RemindTo}
	var errs []error
	for flag, problem := range f.problems(&s) {
		errs = append(errs, fmt.Errorf("--%s: %s", flag, problem))
	}
	return s, errors.Join(errs...)
}

// problems fills in s and says, by flag, what cannot be used.
func (f RemindFlags) problems(s *remind.Settings) map[string]string {
	out := map[string]string{}
	if f.WebhookURL != "" {
		f.webhookProblems(s, out)
	} else if f.WebhookSecretFile != "" || f.WebhookPrivate {
		out["webhook-url"] = "it is missing, and other settings of the webhook are given"
	}
	if f.SMTP != "" {
		f.mailProblems(s, out)
	} else if f.SMTPUser != "" || f.SMTPPasswordFile != "" || f.SMTPFrom != "" || f.RemindTo != "" {
		out["smtp"] = "it is missing, and other settings of the mail are given"
	}
	return out
}

func (f RemindFlags) webhookProblems(s *remind.Settings, out map[string]string) {
	o := remind.WebhookOptions{URL: f.WebhookURL, Private: f.WebhookPrivate}
	if err := o.CheckURL(); err != nil {
		out["webhook-url"] = err.Error()
	}
	var problem string
	if o.Secret, problem = secretIn(f.WebhookSecretFile); problem != "" {
		out["webhook-secret-file"] = problem
	} else if err := o.CheckSecret(); err != nil {
		out["webhook-secret-file"] = err.Error()
	}
	if len(out) == 0 {
		var err error
		if s.Webhook, err = remind.NewWebhook(o); err != nil {
			out["webhook-url"] = err.Error()
		}
	}
}

func (f RemindFlags) mailProblems(s *remind.Settings, out map[string]string) {
	o := remind.MailOptions{Server: f.SMTP, Security: cmp.Or(f.SMTPSecurity, remind.StartTLS), User: f.SMTPUser, From: f.SMTPFrom}
	if f.SMTPPasswordFile != "" {
		var problem string
		if o.Password, problem = secretIn(f.SMTPPasswordFile); problem != "" {
			out["smtp-password-file"] = problem
		}
	}
	for flag, address := range map[string]string{"smtp-from": f.SMTPFrom, "remind-to": f.RemindTo} {
		if _, err := remind.Address(address); err != nil && (address != "" || flag == "smtp-from") {
			out[flag] = err.Error()
		}
	}
	if out["smtp-password-file"] != "" || out["smtp-from"] != "" {
		return // it would be told of them once more
	}
	var err error
	if s.Mail, err = remind.NewMail(o); err != nil {
		out["smtp"] = err.Error()
	}
}

// secretIn reads a file that holds one secret. A problem is said without the
// file's name and content.
func secretIn(path string) (entra.Sensitive, string) {
	if path == "" {
		return entra.Sensitive{}, "it is missing"
	}
	if problem := foreignEyes(path); problem != "" {
		return entra.Sensitive{}, problem
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return entra.Sensitive{}, withoutPath(err)
	}
	secret := strings.TrimSpace(string(data))
	if secret == "" {
		return entra.Sensitive{}, "the file is empty"
	}
	return entra.NewSensitive(secret), ""
}

// remindRules are those of the settings of reminders.
var remindRules = []configRule{
	remindRule("webhook-url"), remindRule("webhook-secret-file"),
	remindRule("smtp"), remindRule("smtp-password-file"), remindRule("smtp-from"), remindRule("remind-to"),
}

func remindRule(flag string) configRule {
	return configRule{flag, func(c *checked) string { return c.RemindFlags.problems(&remind.Settings{})[flag] }}
}
