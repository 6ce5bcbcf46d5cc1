#!/bin/sh
# Runs govulncheck over the command as it is released. What is found fails.
# Where the database of vulnerabilities cannot be reached, that is said and the
# gate is passed over: a machine without the network must be able to test.
# Usage: vulnerabilities.sh GOVULNCHECK
set -eu
out=$(mktemp)
trap 'rm -f "$out"' EXIT
code=0
"$1" -tags nosandbox,nomsgpack ./cmd/consentry >"$out" 2>&1 || code=$?
cat "$out"
if [ "$code" != 0 ] && [ "$code" != 3 ] && grep -q 'fetching vulnerabilities' "$out"; then
	echo "govulncheck was skipped: its database cannot be reached from here."
	exit 0
fi
exit "$code"
