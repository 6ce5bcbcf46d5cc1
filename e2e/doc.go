// Package e2e drives the built binary in a real browser. Its tests start
// consentry as a person would, find things by role and visible label, and
// skip with a sentence where Chromium or Playwright's driver is missing:
// "make test" installs both.
package e2e
