package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	abstractions "github.com/microsoft/kiota-abstractions-go"
	kiotaauth "github.com/microsoft/kiota-authentication-azure-go"
	kiotahttp "github.com/microsoft/kiota-http-go"
	kiotajson "github.com/microsoft/kiota-serialization-json-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
)

const service = "Microsoft Graph"

// A Client acts in one tenant with one credential. It is safe for concurrent
// use. It satisfies setup.Directory.
type Client struct {
	adapter abstractions.RequestAdapter
	tokens  *tokens
	now     func() time.Time
}

// Options of a Client; the zero value is ready for use.
type Options struct {
	// HTTP is the client whose transport carries the requests; it must trust
	// the cloud's authority. Its other settings are not used: redirects are
	// never followed, and each request has its own time limit. Nil means a
	// client made with Transport.
	HTTP *http.Client
	// Observe, when set, is told of every request after its answer came or
	// failed to come. It may be called concurrently.
	Observe func(Call)
	// AskEachTime asks the credential right before every request, and again
	// before one is repeated, so that it can say no after any wait. Without it
	// a token is kept until five minutes before its end.
	AskEachTime bool
	// Budget is shared by the clients of one process, so that a tenant's
	// requests are spread whoever makes them. Nil means one of the client's own.
	Budget *outbound.Budget
}

// A Call is one request as it went over the wire, without bodies and
// without query values that could name a person.
type Call struct {
	Method string
	Path   string // below the base, such as "/v1.0/applications?$filter=…&$select=id"
	Status int    // 0 when there was no answer
	// RequestID is Graph's request-id, or our client-request-id when Graph
	// gave none.
	RequestID string
	Try       int // 1 for the first
	Duration  time.Duration
	// RetryIn is the wait before the same request is sent again; zero when
	// it is not.
	RetryIn time.Duration
}

// New makes a client for the tenant that cred signs in to. It sends nothing.
func New(c entra.Cloud, cred azcore.TokenCredential, o Options) (*Client, error) {
	return newClient(c, cred, o, clock{time.Now, sleep})
}

// A clock is the time and the passing of it.
type clock struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration) error
}

func newClient(c entra.Cloud, cred azcore.TokenCredential, o Options, clock clock) (*Client, error) {
	if cred == nil {
		return nil, errors.New("graph: a credential is needed")
	}
	base, err := url.Parse(c.Graph + "/v1.0")
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("graph: %q is not a base URL of Microsoft Graph", c.Graph)
	}
	carrier, err := carrierOf(c, o.HTTP)
	if err != nil {
		return nil, err
	}
	budget := o.Budget
	if budget == nil {
		budget = outbound.NewBudget(clock.now, clock.sleep)
	}
	tokens := newTokens(cred, clock.now, o.AskEachTime)
	t := &transport{carrier: carrier, base: base, observe: o.Observe, tokens: tokens, budget: budget, clock: clock}
	adapter, err := newAdapter(base, tokens, t)
	if err != nil {
		return nil, err
	}
	return &Client{adapter: adapter, tokens: tokens, now: clock.now}, nil
}

func carrierOf(c entra.Cloud, h *http.Client) (http.RoundTripper, error) {
	switch {
	case h == nil:
		return Transport(c)
	case h.Transport == nil:
		return http.DefaultTransport, nil
	default:
		return h.Transport, nil
	}
}

// newAdapter wires the SDK to t. Of its middleware only the decoding of query
// names is kept ("$filter", not "%24filter").
func newAdapter(base *url.URL, tokens *tokens, t *transport) (abstractions.RequestAdapter, error) {
	// The allow-list compares host names without port; transport.admit
	// checks the whole origin.
	hosts := []string{strings.ToLower(base.Hostname())}
	auth, err := kiotaauth.NewAzureIdentityAuthenticationProviderWithScopesAndValidHostsAndObservabilityOptionsAndIsCaeEnabled(
		tokens, []string{scope}, hosts, kiotaauth.ObservabilityOptions{}, false)
	if err != nil {
		return nil, err
	}
	client := &http.Client{
		Transport:     kiotahttp.NewCustomTransportWithParentTransport(t, kiotahttp.NewParametersNameDecodingHandler()),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	adapter, err := core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		auth, core.GraphClientOptions{}, kiotajson.NewJsonParseNodeFactory(), kiotajson.NewJsonSerializationWriterFactory(), client)
	if err != nil {
		return nil, err
	}
	adapter.SetBaseUrl(base.String())
	return adapter, nil
}
