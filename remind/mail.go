package remind

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/consentry/consentry/entra"
)

// SMTP security: STARTTLS and TLS refuse a server that does not offer it;
// PlainSMTP is for a relay on the same machine.
const (
	StartTLS  = "starttls"
	DirectTLS = "tls"
	PlainSMTP = "none"
)

// MailOptions say through which server mail leaves.
type MailOptions struct {
	// Server is host:port.
	Server string
	// Security is one of the constants above.
	Security string
	// User and Password sign in to the server; empty means that it asks for
	// none.
	User     string
	Password entra.Sensitive
	// From is the sender's address.
	From string
	// TLS is what the server's certificate is checked with; nil means the
	// system's authorities.
	TLS *tls.Config
}

// Mail sends reminders through one SMTP server.
type Mail struct {
	host    string
	from    string
	options []mail.Option
}

// NewMail checks the options; the error names the setting and the mend.
func NewMail(o MailOptions) (*Mail, error) {
	host, port, err := net.SplitHostPort(o.Server)
	number, errPort := strconv.Atoi(port)
	switch {
	case err != nil || errPort != nil || host == "":
		return nil, errors.New("the mail server is none: give host and port, such as smtp.example.com:587")
	case o.Security == PlainSMTP && !onThisMachine(host):
		return nil, errors.New("mail without encryption is sent to a server on this machine only: choose starttls or tls")
	case (o.User == "") != o.Password.IsZero():
		return nil, errors.New("the mail server's user name and password go together")
	}
	if _, err := Address(o.From); err != nil {
		return nil, fmt.Errorf("the sender: %w", err)
	}
	m := &Mail{host: host, from: o.From, options: []mail.Option{mail.WithPort(number), mail.WithTimeout(15 * time.Second)}}
	return m, m.secure(o, host)
}

func (m *Mail) secure(o MailOptions, host string) error {
	trust := o.TLS
	if trust == nil {
		trust = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	trust = trust.Clone()
	trust.ServerName = host
	switch o.Security {
	case StartTLS:
		m.options = append(m.options, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithTLSConfig(trust))
	case DirectTLS:
		m.options = append(m.options, mail.WithSSL(), mail.WithTLSConfig(trust))
	case PlainSMTP:
		m.options = append(m.options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return fmt.Errorf("the mail server's security %q is none: choose starttls, tls or none", o.Security)
	}
	if o.User != "" {
		m.options = append(m.options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(o.User), mail.WithPassword(o.Password.Reveal()))
	}
	return nil
}

// Address checks a mail address as people type it: one, without a name beside
// it.
func Address(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	a, err := netmail.ParseAddress(typed)
	_, domain, _ := strings.Cut(typed, "@")
	if err != nil || a.Address != typed || a.Name != "" || len(typed) > 254 || !strings.Contains(domain, ".") {
		return "", fmt.Errorf("%q is no mail address: give one such as team@example.com", entra.ForeignText(typed))
	}
	return typed, nil
}

// errUnsure wraps a failure after which the mail may have been delivered.
var errUnsure = errors.New("the mail may have been delivered nevertheless")

// Send mails a reminder to one address. The message has an ID of its own that
// is the same whenever it is sent, so that a mailbox may tell.
func (m *Mail) Send(ctx context.Context, n Notice, to, key string, now time.Time) error {
	msg := mail.NewMsg()
	_, domain, _ := strings.Cut(m.from, "@")
	if err := errors.Join(msg.From(m.from), msg.To(to)); err != nil {
		return errors.New("the mail's sender or recipient is no address")
	}
	msg.Subject(n.Subject())
	msg.SetMessageIDWithValue(key + "@" + domain)
	msg.SetDateWithValue(now)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody on holiday answers it
	msg.SetBodyString(mail.TypeTextPlain, n.Text())
	client, err := mail.NewClient(m.host, m.options...)
	if err != nil {
		return fmt.Errorf("the mail server's settings: %w", err)
	}
	return sendError(client.DialAndSendWithContext(ctx, msg), msg)
}

// sendError tells a mail that was refused, or never got that far, from one
// whose acceptance was lost on the way.
func sendError(err error, msg *mail.Msg) error {
	if err == nil || msg.IsDelivered() {
		return nil // the server took it; what went wrong afterwards is its farewell
	}
	said, ok := errors.AsType[*mail.SendError](err)
	if ok && said.Reason == mail.ErrSMTPDataClose && said.ErrorCode() == 0 {
		return fmt.Errorf("%w: the mail server's answer was lost", errUnsure)
	}
	if ok && said.ErrorCode() != 0 {
		return fmt.Errorf("the mail server answered %d (%s)", said.ErrorCode(), said.Reason)
	}
	return fmt.Errorf("the mail was not sent: %s", entra.ForeignText(err.Error()))
}
