package handlers

import (
	"strings"
	"testing"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
)

func TestEveryFactCanBeSeenByHand(t *testing.T) {
	for _, n := range checks.AllNeeds {
		way, ok := byHandOf[n]
		if !ok {
			t.Errorf("nothing says where %q is seen by hand", n)
			continue
		}
		w := way(entra.Public())
		if w.What == "" || !strings.HasSuffix(w.Look, ".") || w.Portal == "" && w.Command == "" {
			t.Errorf("%s: %+v", n, w)
		}
		if strings.Contains(w.Portal, "/#view") && !strings.HasPrefix(w.Portal, entra.Public().Portal) {
			t.Errorf("%s leads to %s", n, w.Portal)
		}
		if other := way(entra.Cloud{Login: "https://l", Authorize: "https://l", Graph: "https://g", DevOps: "https://d"}); strings.Contains(other.Command, "az rest") || strings.Contains(other.Command+other.Portal, "microsoft.com") {
			t.Errorf("%s of another cloud: %+v", n, other)
		}
	}
}
