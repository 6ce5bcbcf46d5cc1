// Package faults holds the whole program to what it does when Microsoft's
// services do not do what they should: they give no answer, half of one, or
// ask to wait.
package faults
