#!/bin/sh
# Makes the release of the last commit twice, in two places and the second time
# with a build cache of its own, and compares. Whoever has the commit can so
# find out whether a binary was built from it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for place in one two/deeper; do
	mkdir -p "$work/$(dirname $place)"
	git clone --quiet . "$work/$place"
done
one=$(cd "$work/one" && make --silent release)
two=$(cd "$work/two/deeper" && GOCACHE="$work/cache" make --silent release)
if [ "$one" != "$two" ]; then
	printf 'two builds of one commit differ:\n%s\n%s\n' "$one" "$two" >&2
	exit 1
fi
printf 'two builds of one commit are the same:\n%s\n' "$one"
