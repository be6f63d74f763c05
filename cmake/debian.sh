#!/bin/sh
# SPDX-License-Identifier: MIT
#
# debian.sh SUITE DIR - a private apt state in DIR (absolute) that knows the source
# packages of one Debian suite, whatever suite this machine runs: for everything that
# is run with APT_CONFIG=DIR/conf. Prints the sources, as lines of a sources.list.
#
# No mirror is named here: it is the one that this machine's apt is set to, or
# TASKPROBE_DEBIAN_MIRROR where the machine is not Debian (then its security suite is
# looked for at the same URI with "-security"). No root; the system's apt is not touched.
set -eu
suite=${1:?usage: debian.sh SUITE DIR} dir=${2:?usage: debian.sh SUITE DIR}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

die() { echo "debian: $*" >&2; exit 1; }

# The URIs that have a distribution $1, by apt's own reading of its sources (one-line
# and deb822 alike); works before the first update too.
uris()
{
	env -u APT_CONFIG apt-get update --print-uris 2> /dev/null |
		sed -n "s,^'\(.*\)/dists/$1/InRelease'.*,\1,p"
}

candidates() # lines of "URI SUITE"
{
	if [ -n "${TASKPROBE_DEBIAN_MIRROR-}" ]; then
		echo "$TASKPROBE_DEBIAN_MIRROR $suite"
		echo "$TASKPROBE_DEBIAN_MIRROR-security $suite-security"
		return
	fi
	# shellcheck disable=SC1091
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
	for name in "$codename" stable testing; do
		uris "$name" | sed "s/\$/ $suite/"
		uris "$name-security" | sed "s/\$/ $suite-security/"
	done
}

[ -e "$keyring" ] || die "$keyring is missing: install debian-archive-keyring"
mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/none"
: > "$dir/status"
: > "$dir/good"
cat > "$dir/conf" <<END
Dir::Etc::sourcelist "$dir/sources.list"; Dir::Etc::sourceparts "$dir/none";
Dir::Etc::preferencesparts "$dir/none"; Dir::State::lists "$dir/lists";
Dir::State::status "$dir/status"; Dir::Cache "$dir/cache";
APT::Sandbox::User "root"; APT::Get::List-Cleanup "false"; Acquire::Retries "3";
END
candidates | sort -u > "$dir/candidates"
export APT_CONFIG="$dir/conf"

# Third parties call their distributions bookworm too: what Debian's key has not
# signed fails here, and is left out.
while read -r uri name; do
	echo "deb-src [signed-by=$keyring] $uri $name main" > "$dir/sources.list"
	apt-get -qq update -o APT::Update::Error-Mode=any > "$dir/log" 2>&1 || continue
	cat "$dir/sources.list" >> "$dir/good"
done < "$dir/candidates"
grep -q " $suite main" "$dir/good" ||
	die "none of this machine's apt sources has $suite, signed by Debian (tried:" \
		"$(tr '\n' ';' < "$dir/candidates")). TASKPROBE_DEBIAN_MIRROR may name one."
cp "$dir/good" "$dir/sources.list"
apt-get -qq update > "$dir/log" 2>&1 || die "$(cat "$dir/log")"
sed 's/^deb-src/deb/' "$dir/sources.list"
