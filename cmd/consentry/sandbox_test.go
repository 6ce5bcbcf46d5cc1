//go:build !nosandbox

package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/sandbox"
)

// The tenant to begin with is printed whole; the others have an address.
func TestTheStartPrintsTheAccountsToBeginWith(t *testing.T) {
	cloud, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cloud.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	var out bytes.Buffer
	new(ServeCmd).announce(&out, &console{sandbox: &box{cloud}, handlers: &handlers.Handlers{BaseURL: "http://localhost:8080"}})
	text := out.String()
	for _, want := range []string{"Consentry is at http://localhost:8080\n", "admin@contoso.sandbox.invalid", "developer@", "Sandbox-User-1!", "healthy; no directory role", "more tenants"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q:\n%s", want, text)
		}
	}
	if lines := strings.Count(text, "\n"); lines > 8 {
		t.Errorf("%d lines are too many for a newcomer:\n%s", lines, text)
	}
	resp, err := http.Get(strings.Fields(text)[len(strings.Fields(text))-1])
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	listed, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(listed), "admin@trey.sandbox.invalid") {
		t.Errorf("%v: the address it names does not list the others: %s", err, listed)
	}
}

// stop sends the signal that ends a service and wants a clean end.
