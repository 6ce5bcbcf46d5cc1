package graph

import (
	"net/http"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
)

// Transport makes an HTTP transport that trusts the system's authorities and
// the cloud's own (Cloud.CAFile); see [outbound.Transport].
func Transport(c entra.Cloud) (*http.Transport, error) { return outbound.Transport(c.CAFile) }
