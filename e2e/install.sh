#!/bin/sh
# Installs what the tests need and is missing: PostgreSQL and Chromium from
# Debian, Playwright's driver and axe-core from npm, each held to its checksum.
# Does nothing where all is there. What cannot be installed is said in a
# sentence and the tests that need it skip; where CI is set that is an error,
# since a gate that skips them proves nothing.
# Usage: install.sh FOLDER
set -eu
tools=$1

# misses TESTS SENTENCE: those tests cannot be had here.
misses() {
	echo "$2" >&2
	if [ -n "${CI:-}" ]; then
		echo "CI is set, so the $1 tests must not be skipped." >&2
		exit 1
	fi
	echo "The $1 tests will be skipped." >&2
}

# lacks SENTENCE: the browser tests cannot be had here, and nothing else is
# left to install.
lacks() {
	misses browser "$1"
	exit 0
}

has() { command -v "$1" >/dev/null 2>&1; }

# quietly COMMAND…: its output is shown only when it fails.
quietly() {
	if ! "$@" >"$work/log" 2>&1; then
		cat "$work/log" >&2
		return 1
	fi
}

# integrity FILE: the checksum in npm's own form, as "npm view … dist.integrity"
# shows it.
integrity() {
	node -e 'const d = require("crypto").createHash("sha512").update(require("fs").readFileSync(process.argv[1])).digest("base64"); console.log("sha512-" + d)' "$1"
}

# unpack PACKAGE VERSION CHECKSUM FOLDER: the npm package to FOLDER/package,
# without running its scripts. The checksum is kept beside it, so that another
# version here replaces what is there.
unpack() {
	if [ -d "$4/package" ] && [ "$(cat "$4/checksum" 2>/dev/null)" = "$3" ]; then
		return
	fi
	echo "fetching $1 $2"
	rm -rf "$4"
	mkdir -p "$4"
	quietly npm pack --loglevel=error --pack-destination "$work" "$1@$2" || lacks "$1 could not be fetched from npm (see above)."
	found=$(integrity "$work/$1-$2.tgz")
	if [ "$found" != "$3" ]; then
		echo "$1 $2 from npm has the checksum $found, not the expected $3: it is not installed." >&2
		exit 1
	fi
	tar -xzf "$work/$1-$2.tgz" -C "$4" package
	echo "$3" >"$4/checksum"
}

# debian PACKAGE…: from Debian, as root.
debian() {
	has apt-get || { echo "there is no apt-get to install $1 with: install it by hand." >&2; return 1; }
	as_root=
	if [ "$(id -u)" != 0 ]; then
		has sudo || { echo "installing $1 takes root: apt-get install $1." >&2; return 1; }
		as_root=sudo
	fi
	echo "installing $1"
	quietly $as_root apt-get update -q &&
		quietly $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

install_chromium() {
	for name in chromium google-chrome chrome; do
		if has "$name"; then return; fi
	done
	debian chromium fonts-liberation || lacks "Chromium could not be installed (see above)."
}

# The tests start servers of their own and leave Debian's alone. Its folder of
# programs is not in PATH.
install_postgresql() {
	if [ -n "${CONSENTRY_TEST_DATABASE:-}" ] || has initdb; then return; fi
	for program in /usr/lib/postgresql/*/bin/initdb; do
		if [ -x "$program" ]; then return; fi
	done
	debian postgresql || misses PostgreSQL "PostgreSQL could not be installed (see above)."
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
install_postgresql
for tool in node npm; do
	has $tool || lacks "$tool is not installed: the browser tests' driver comes from npm and runs on Node.js."
done
install_chromium
unpack playwright-core 1.57.0 "sha512-agTcKlMw/mjBWOnD6kFZttAAGHgi/Nw0CZ2o6JqWSbMlI219lAFLZZCyqByTsvVAJq5XA5H8cA6PrvBRpBWEuQ==" "$tools/playwright"
unpack axe-core 4.11.0 "sha512-ilYanEU8vxxBexpJd8cWM4ElSQq4QctCLKih0TSfjIfCQTeyH/6zVrmIJfLPrKTKJRbiG+cfnZbQIjAlJmF1jQ==" "$tools/axe-core"
