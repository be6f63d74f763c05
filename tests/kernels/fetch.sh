#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fetch.sh SUITE DEST - the newest cloud kernel of a Debian suite into DEST/vmlinuz, its
# overlay module beside it, its release in DEST/release. Nothing on the system changes;
# apt has verified what it downloads. DEST is a cache: delete it for a newer kernel.
set -eu
suite=${1:?usage: fetch.sh SUITE DEST} dest=${2:?usage: fetch.sh SUITE DEST}
top=$(cd "$(dirname "$0")/../.." && pwd)

die() { echo "fetch: $*" >&2; exit 1; }

[ ! -e "$dest/vmlinuz" ] || exit 0
mkdir -p "$dest"
dest=$(cd "$dest" && pwd)
work=$(mktemp -d "$dest/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT
apt=$work/apt
"$top/cmake/debian.sh" "$suite" "$apt" > "$work/sources" || die "no sources of $suite"
cp "$work/sources" "$apt/sources.list"
echo 'APT::Architecture "amd64"; APT::Architectures { "amd64"; };' >> "$apt/conf"
export APT_CONFIG="$apt/conf"
apt-get -qq update
# The metapackage names the newest; "unsigned" ones are built from the same source.
package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/ { print $2; exit }')
[ -n "$package" ] || die "$suite has no cloud kernel"
(cd "$work" && apt-get -qq download "$package")
dpkg-deb -x "$work/$package"_*.deb "$work/tree"
module=$(find "$work/tree" -name overlay.ko -o -name overlay.ko.xz)
case $module in
*.xz) xz -dc "$module" > "$dest/overlay.ko" ;;
?*) cp "$module" "$dest/overlay.ko" ;;
esac
echo "${package#linux-image-}" > "$dest/release"
mv "$work/tree/boot/vmlinuz-${package#linux-image-}" "$dest/vmlinuz"
