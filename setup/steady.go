package setup

import (
	"context"
	"time"
)

const (
	// steadyLooks is how many readings in a row must show everything, once
	// the directory was seen to lag: its servers catch up one after the other,
	// and what one shows the next may still miss
	// [hashicorp/terraform-provider-azuread/internal/helpers/consistency].
	steadyLooks = 5
	// steadyPause lies between them, steadyLimit bounds them all: then the
	// operation goes on with what was seen.
	steadyPause = time.Second
	steadyLimit = 3 * time.Minute
)

// steady looks until the directory shows everything five times running. It
// does so only where it has lagged before; otherwise the one proof stands. At
// its end steps may be pending again, which a look waited for in vain.
func (c *convergence) steady(ctx context.Context) error {
	if !c.lagged.Load() {
		return nil
	}
	began := c.now()
	for seen := 1; seen < steadyLooks && c.now().Sub(began) < steadyLimit; seen++ {
		if err := c.sleep(ctx, steadyPause); err != nil {
			return err
		}
		missed, err := c.look(ctx)
		switch {
		case err != nil:
			return err
		case len(c.steps.Pending()) > 0:
			return nil
		case missed:
			seen = 0 // this look ended with the first of a new row
		}
	}
	return nil
}
