package metrics

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// scrapeTimeout bounds what one scrape may take.
const scrapeTimeout = 5 * time.Second

// mostSecrets bounds how many series the secrets are; those that expire first
// are told.
const mostSecrets = 1000

// A Secret is a client secret or certificate of an environment and when it
// ends.
type Secret struct {
	Environment string // its name
	KeyID       string // the credential's key ID at Microsoft; no secret
	End         time.Time
}

// A Tally is how many of something there are, by what it is and how it stands.
type Tally struct {
	Of, State string
	N         int64
}

// Sources are asked at each scrape. A nil one has nothing to tell; one that
// fails leaves its metric out and is logged.
type Sources struct {
	// QueueDepth is how many operations wait or are carried out.
	QueueDepth func(context.Context) (int64, error)
	// Operations are those on record, by kind and state.
	Operations func(context.Context) ([]Tally, error)
	// Events are those of the audit log, by action and result; their number
	// never falls.
	Events func(context.Context) ([]Tally, error)
	// AuditHead is the sequence number of the audit log's last row.
	AuditHead func(context.Context) (int64, error)
	// Secrets are those in use, soonest to end first.
	Secrets func(context.Context) ([]Secret, error)
	Now     func() time.Time
	Log     *slog.Logger
}

// Ask adds what is known only when it is looked up.
func (m *Metrics) Ask(s Sources) { m.registry.MustRegister(asked{s}) }

// asked is a prometheus.Collector over Sources.
type asked struct{ Sources }

var (
	queueDepth = describe("queue_depth", "Operations that wait or are carried out.")
	operations = describe("operations", "Operations on record, in all processes that share the database.", "kind", "state")
	events     = describe("audit_events_total", "Rows of the audit log, in all processes that share the database: sign-ins, reveals, refusals and the rest.", "action", "result")
	auditHead  = describe("audit_head", "Sequence number of the audit log's last row.")
	secretDays = describe("secret_expires_in_days", "Days until a credential of an environment ends; negative when it has. The 1000 that end first.", "environment", "key_id")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// Describe implements prometheus.Collector.
func (a asked) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{queueDepth, operations, events, auditHead, secretDays} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (a asked) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	a.number(ctx, ch, queueDepth, a.QueueDepth)
	a.number(ctx, ch, auditHead, a.AuditHead)
	a.tallies(ctx, ch, operations, prometheus.GaugeValue, a.Operations)
	a.tallies(ctx, ch, events, prometheus.CounterValue, a.Events)
	a.secrets(ctx, ch)
}

func (a asked) number(ctx context.Context, ch chan<- prometheus.Metric, d *prometheus.Desc, ask func(context.Context) (int64, error)) {
	if ask == nil {
		return
	}
	n, err := ask(ctx)
	if err != nil {
		a.failed(ctx, d, err)
		return
	}
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n))
}

func (a asked) tallies(ctx context.Context, ch chan<- prometheus.Metric, d *prometheus.Desc, kind prometheus.ValueType, ask func(context.Context) ([]Tally, error)) {
	if ask == nil {
		return
	}
	list, err := ask(ctx)
	if err != nil {
		a.failed(ctx, d, err)
		return
	}
	for _, t := range list {
		ch <- prometheus.MustNewConstMetric(d, kind, float64(t.N), t.Of, t.State)
	}
}

func (a asked) failed(ctx context.Context, d *prometheus.Desc, err error) {
	a.Log.WarnContext(ctx, "a metric could not be looked up", "metric", d.String(), "error", err.Error())
}

func (a asked) secrets(ctx context.Context, ch chan<- prometheus.Metric) {
	if a.Secrets == nil {
		return
	}
	list, err := a.Secrets(ctx)
	if err != nil {
		a.failed(ctx, secretDays, err)
		return
	}
	seen := map[Secret]bool{} // one series twice would fail the whole scrape
	now := a.Now()
	for _, s := range list[:min(len(list), mostSecrets)] {
		days := s.End.Sub(now).Hours() / 24
		if s.End = (time.Time{}); seen[s] {
			continue
		}
		seen[s] = true
		ch <- prometheus.MustNewConstMetric(secretDays, prometheus.GaugeValue, days, s.Environment, s.KeyID)
	}
}
