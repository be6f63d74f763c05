#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# image.sh - builds the image for real, says whether it is what it claims to be, and
# leaves its binary in build/image/taskprobe for the live matrix. The base image is
# made with mmdebstrap under the name that the Dockerfile uses: no registry is asked.
#
# Layers and base stay in build/image/ (or $TASKPROBE_IMAGE_DIR) as a cache; nothing
# stays mounted or running. 77 where it cannot run.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/live/podman.sh
dir=${TASKPROBE_IMAGE_DIR:-$PWD/build/image}
base=localhost/debian:trixie-slim # to the Dockerfile: debian:trixie-slim
binary=$dir/taskprobe.new # until everything was checked
max_bytes=1500000
passed=0

skip() { echo "image: skipped: $*"; exit 77; }
fail() { echo "image: FAILED: $*"; echo "$passed passed, 1 failed"; exit 1; }
say() { echo "image: $*"; }

is() # WHAT GOT WANTED
{
	[ "$2" = "$3" ] || fail "$1 is '$2', not '$3'"
	say "$1: $2"
	passed=$((passed + 1))
}

can_run()
{
	[ "$(id -u)" = 0 ] || skip "it takes root"
	local tool
	for tool in podman runc mmdebstrap getcap readelf; do
		command -v "$tool" > /dev/null || skip "$tool is not installed"
	done
}

# What debian:trixie-slim is, made here: apt's sources in it are this machine's.
make_base()
{
	local tar=$dir/debian-trixie-slim.tar sources
	podman_run image exists "$base" && return
	if [ ! -e "$tar" ]; then
		say "making $base with mmdebstrap (once, about half a minute)"
		sources=$(cmake/debian.sh trixie "$dir/apt")
		mmdebstrap --quiet --format=tar --mode=root --variant=minbase \
			--aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
			--dpkgopt='path-exclude=/usr/share/doc/*' \
			--dpkgopt='path-exclude=/usr/share/locale/*' \
			--dpkgopt='path-exclude=/usr/share/man/*' \
			trixie "$tar.new" "$sources" < /dev/null
		mv "$tar.new" "$tar"
		rm -rf "$dir/apt"
	fi
	podman_run import --quiet "$tar" "$base" > /dev/null
}

# Each stage has a name of its own: its layers then survive the pruning of those that
# an older source left.
build()
{
	local version revision stage
	version=$(sed -n 's/^project(taskprobe VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
	revision=$(git rev-parse HEAD 2> /dev/null || :)
	for stage in deps build ""; do
		podman_run build --network host --pull=never ${stage:+--target "$stage"} \
			--tag "localhost/taskprobe${stage:+-$stage}" \
			--build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
			. > "$dir/log" 2>&1 ||
			fail "the build: $(tail -n 60 "$dir/log")"
	done
	podman_run image prune --force > /dev/null
}

inspect() { podman_run image inspect --format "$1" localhost/taskprobe; }

check_manifest()
{
	local bytes
	is "user" "$(inspect '{{.Config.User}}')" 65532
	is "entry point" "$(inspect '{{.Config.Entrypoint}}')" "[/taskprobe]"
	is "command" "$(inspect '{{.Config.Cmd}}')" "[agent]"
	is "layers" "$(inspect '{{len .RootFS.Layers}}')" 1
	is "licence" "$(inspect '{{index .Labels "org.opencontainers.image.licenses"}}')" MIT
	bytes=$(inspect '{{.Size}}')
	[ "$bytes" -le "$max_bytes" ] || fail "it has $bytes bytes, not $max_bytes at most"
	say "bytes: $bytes"
}

check_content()
{
	local root
	root=$(podman_run image mount localhost/taskprobe)
	is "content" "$(cd "$root" && find . -mindepth 1 -printf '%P %y %m %U:%G\n')" \
		"taskprobe f 755 0:0"
	is "file capabilities" "$(getcap "$root/taskprobe" | sed 's/.* //')" cap_sys_ptrace=p
	cp --preserve=xattr "$root/taskprobe" "$binary"
	podman_run image unmount localhost/taskprobe > /dev/null
	! readelf -lW "$binary" | grep -q INTERP || fail "it asks for a loader"
	! readelf -dW "$binary" | grep -q NEEDED || fail "it asks for libraries"
	readelf -hW "$binary" | grep -q 'Type: *DYN' || fail "it is not a static PIE"
	! readelf -SW "$binary" | grep -q '\.symtab' || fail "it is not stripped"
}

in_image() # OPTION... -- ARGUMENT...
{
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	podman_run run --rm --network host --read-only "${options[@]}" \
		localhost/taskprobe "$@"
}

# A file capability must never keep it from starting.
check_run()
{
	local user
	for user in 65532 1000 0; do
		is "version as $user without any capability" \
			"$(in_image --cap-drop ALL --user "$user" -- version)" \
			"$("$binary" version)"
		in_image --cap-drop ALL --security-opt no-new-privileges --user "$user" \
			-- version > /dev/null || fail "no_new_privs keeps $user from starting"
		in_image --user "$user" -- version > /dev/null ||
			fail "$user cannot start it with default capabilities"
		in_image --cap-add SYS_PTRACE --user "$user" -- version > /dev/null ||
			fail "$user cannot start it with SYS_PTRACE"
	done
}

can_run
podman_setup "$dir"
trap podman_done EXIT
start=$SECONDS
rm -f "$dir/taskprobe" "$binary" # nobody takes an older one for this one
make_base
build
check_manifest
check_content
check_run
mv "$binary" "$dir/taskprobe"
say "built and checked in $((SECONDS - start)) s; the binary is $dir/taskprobe"
echo "$passed passed, 0 failed"
