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

// Sources are asked at each scrape. A nil one has nothing to tell; one that
// fails leaves its metric out and is logged.
type Sources struct {
	// QueueDepth is how many jobs wait or run.
	QueueDepth func(context.Context) (int64, error)
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
	queueDepth = describe("queue_depth", "Jobs that wait or run.")
	auditHead  = describe("audit_head", "Sequence number of the audit log's last row.")
	secretDays = describe("secret_expires_in_days", "Days until a credential of an environment ends; negative when it has. The 1000 that end first.", "environment", "key_id")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// Describe implements prometheus.Collector.
func (a asked) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{queueDepth, auditHead, secretDays} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (a asked) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	a.number(ctx, ch, queueDepth, a.QueueDepth)
	a.number(ctx, ch, auditHead, a.AuditHead)
	a.secrets(ctx, ch)
}

func (a asked) number(ctx context.Context, ch chan<- prometheus.Metric, d *prometheus.Desc, ask func(context.Context) (int64, error)) {
	if ask == nil {
		return
	}
	n, err := ask(ctx)
	if err != nil {
		a.Log.WarnContext(ctx, "a metric could not be looked up", "metric", d.String(), "error", err.Error())
		return
	}
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n))
}

func (a asked) secrets(ctx context.Context, ch chan<- prometheus.Metric) {
	if a.Secrets == nil {
		return
	}
	list, err := a.Secrets(ctx)
	if err != nil {
		a.Log.WarnContext(ctx, "the secrets could not be looked up for the metrics", "error", err.Error())
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
