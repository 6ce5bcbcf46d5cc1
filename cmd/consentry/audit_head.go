package main

import (
	"context"
	"time"
)

// headEvery is how often the log hears the audit log's head: rows that were
// rewritten or cut off show for as long as an older line is kept elsewhere.
const headEvery = 15 * time.Minute

// logHead logs the signed head, for "consentry audit verify --head".
func (c *console) logHead(ctx context.Context) error {
	head, err := c.store.SignedHead(ctx)
	if err == nil && head != "" {
		c.handlers.Log.InfoContext(ctx, "audit log's head", "head", head)
	}
	return err
}
