#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fetch.sh SUITE PACKAGE DEST - the upstream source of a package of a Debian suite,
# unpacked in DEST. Nothing on the system changes; what is fetched is verified by the
# checksums of the signed index. DEST is a cache: delete it to fetch again.
set -eu
suite=${1:?usage: fetch.sh SUITE PACKAGE DEST} package=${2:?} dest=${3:?}
top=$(cd "$(dirname "$0")/../.." && pwd)

die() { echo "fetch: $*" >&2; exit 1; }

[ ! -d "$dest" ] || exit 0
mkdir -p "$(dirname "$dest")"
work=$(mktemp -d "$dest.work.XXXXXX")
work=$(cd "$work" && pwd)
trap 'rm -rf "$work"' EXIT
"$top/cmake/debian.sh" "$suite" "$work/apt" > "$work/sources" || die "no sources of $suite"
export APT_CONFIG="$work/apt/conf"
mkdir "$work/tree"

# A mirror that is behind with its security suite has the version before.
for version in $(apt-cache showsrc --only-source "$package" |
	sed -n 's/^Version: //p' | sort -ruV); do
	apt-get source --print-uris --download-only "$package=$version" 2> /dev/null |
		grep "^'" | tr -d "'" > "$work/uris"
	read -r uri name _ hash <<-END || continue
		$(grep -E ' [^ ]*\.orig\.tar\.(gz|xz|bz2) ' "$work/uris")
	END
	[ -n "$hash" ] || die "the index has no checksum of $name"
	/usr/lib/apt/apt-helper download-file "$uri" "$work/$name" "$hash" > "$work/log" 2>&1 ||
		continue
	tar -xf "$work/$name" --strip-components=1 -C "$work/tree"
	mv "$work/tree" "$dest"
	exit 0
done
die "$package of $suite cannot be fetched: $(tail -n 3 "$work/log" 2> /dev/null)"
