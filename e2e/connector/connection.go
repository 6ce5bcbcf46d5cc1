package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// A connection is one person's account being connected. It is replaced, not
// changed, when something came of it.
type connection struct {
	ID      string
	attempt *attempt
	outcome *outcome // nil: waiting for the person to come back
}

// Words are its state for a list.
func (c connection) Words() string {
	switch {
	case c.outcome == nil:
		return "Waiting for sign-in"
	case c.outcome.Failure != nil:
		return "Not connected: " + c.outcome.Failure.At
	}
	return "Connected"
}

// An outcome is what came of a sign-in, or of using a connection again.
type outcome struct {
	Steps   []step
	Notes   []string
	Failure *failure // nil: connected
	tokens  tokens
}

// A step is something done, and in words what came of it.
type step struct{ Name, Result string }

// failed is the outcome of what went wrong.
func failed(err error) *outcome {
	o := &outcome{}
	o.fail("connect", err)
	return o
}

func (o *outcome) fail(doing string, err error) {
	if !errors.As(err, &o.Failure) {
		o.Failure = &failure{At: doing, Message: err.Error()}
	}
}

// do carries out a step unless an earlier one failed.
func (o *outcome) do(name string, f func() (string, error)) {
	if o.Failure != nil {
		return
	}
	result, err := f()
	if err != nil {
		o.fail(name, err)
		return
	}
	o.Steps = append(o.Steps, step{name, result})
}

// answered is what comes of the parameters with which the browser returned.
func (c *connector) answered(ctx context.Context, a *attempt, query url.Values, raw string) *outcome {
	o := &outcome{}
	if a.retired {
		o.Notes = append(o.Notes, retirement)
	}
	switch {
	case query.Has("error"):
		o.Failure = refusalOf(query, raw)
	case query.Get("code") == "":
		o.Failure = &failure{At: "sign in", Message: "Microsoft sent back neither a code nor an error.", Raw: raw}
	default:
		c.connect(ctx, a, query.Get("code"), o)
	}
	return o
}

// connect redeems the code, refreshes once where that was asked for, and does
// the product's work.
func (c *connector) connect(ctx context.Context, a *attempt, code string, o *outcome) {
	o.do("Exchange the authorization code", func() (result string, err error) {
		o.tokens, err = c.redeem(ctx, a, code)
		return o.tokens.words(), err
	})
	if a.nonce != "" {
		o.do("Read who signed in", func() (string, error) { return o.tokens.person(a) })
	}
	if c.product.SignIn.Compares {
		o.do("Compare the scopes", func() (string, error) { return o.compare(a.asked), nil })
	}
	c.refreshInto(ctx, a, o)
	c.work(ctx, a, o)
}

// again uses a connection that stands.
func (c *connector) again(ctx context.Context, conn connection) *outcome {
	o := &outcome{Notes: conn.outcome.Notes, tokens: conn.outcome.tokens}
	c.refreshInto(ctx, conn.attempt, o)
	c.work(ctx, conn.attempt, o)
	return o
}

func (c *connector) refreshInto(ctx context.Context, a *attempt, o *outcome) {
	if o.Failure != nil || o.tokens.Refresh == "" {
		return
	}
	o.do("Refresh the access token", func() (string, error) {
		fresh, err := c.refresh(ctx, a, o.tokens)
		if err == nil {
			o.tokens = fresh
		}
		return fresh.words(), err
	})
}

// work does the product's operations that the scopes of its form are for.
func (c *connector) work(ctx context.Context, a *attempt, o *outcome) {
	w := &work{c: c, token: o.tokens.Access, organization: a.values[organization], wanted: a.values[projectName]}
	for _, op := range c.product.Work {
		if op.Needs != "" && !covers(a.asked, op.Needs) {
			continue
		}
		w.name = op.Name
		o.do(op.Name, func() (string, error) { return op.run(ctx, w) })
	}
}

func (t tokens) words() string {
	text := fmt.Sprintf("an access token for %d minutes", t.Seconds/60)
	if t.Refresh == "" {
		return text + " and no refresh token"
	}
	return text + " and a refresh token"
}

// compare holds the scopes that were granted against those of the form.
func (o *outcome) compare(asked string) string {
	if strings.Contains(asked, "/.default") {
		return "the form leaves the scopes to the application"
	}
	missing, further := difference(asked, o.tokens.Scope)
	var told []string
	if len(missing) > 0 {
		told = append(told, "not granted: "+strings.Join(missing, " "))
	}
	if len(further) > 0 {
		told = append(told, "granted beyond the form: "+strings.Join(further, " "))
	}
	if told == nil {
		return "the same as in the form"
	}
	o.Notes = append(o.Notes, "The scopes of the form and those of the application must be the same list. They differ; "+strings.Join(told, "; ")+".")
	return "they differ"
}
