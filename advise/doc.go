// Package advise answers from tables and values alone which scopes an
// integration of Azure DevOps needs: for what it is to do the smallest set,
// for a call that failed the scope that was missing, and for one that still
// signs in through Azure DevOps' own OAuth what becomes of its old values.
package advise
