// Package crash kills the console at every request it sends to Microsoft, and
// looks at what is left once it has been started again. Tests only.
package crash
