#!/bin/sh
# Installs what the browser tests need and is missing: Chromium from Debian,
# Playwright's driver and axe-core from npm. Does nothing where all is there.
# Usage: install.sh FOLDER
set -eu
tools=$1
playwright=1.57.0
axe=4.11.0

has_chromium() { command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }

if ! has_chromium && command -v apt-get >/dev/null 2>&1; then
	echo "installing chromium"
	sudo=""
	[ "$(id -u)" = 0 ] || sudo=sudo
	$sudo apt-get update -qq >/dev/null
	DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null
fi

# unpack PACKAGE@VERSION FOLDER: an npm package without running its scripts.
unpack() {
	mkdir -p "$2"
	work=$(mktemp -d)
	(cd "$work" && npm pack --silent "$1" >/dev/null && tar xzf ./*.tgz)
	rm -rf "${2:?}/package"
	mv "$work/package" "$2/package"
	rm -rf "$work"
}

if [ ! -f "$tools/playwright/package/cli.js" ]; then
	echo "fetching playwright-core $playwright"
	unpack "playwright-core@$playwright" "$tools/playwright"
fi
if [ ! -f "$tools/axe-core/axe.min.js" ]; then
	echo "fetching axe-core $axe"
	unpack "axe-core@$axe" "$tools/axe-core"
	cp "$tools/axe-core/package/axe.min.js" "$tools/axe-core/axe.min.js"
fi
