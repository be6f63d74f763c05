#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# all.sh [--strict] [--list] [NAME...] - every test, or the named parts. `./dev test`
# sets the machine up and calls this.
#
# A part is a function below or an executable in tests/live. Exit status 77 means
# skipped, with the reason in its last line. A part that has tests of its own ends with
# "N passed, N failed"; any other counts as one.
set -eu
cd "$(dirname "$0")/.."
logs=build/test
mkdir -p "$logs"
passed=0
failed=0
skipped=()

# Warnings are errors here: what a developer may leave for an hour, a test may not.
part_build()
{
	configure_and_build dev
}

part_unit()
{
	configure_and_build dev && run_ctest dev
}

part_asan()
{
	configure_and_build asan && run_ctest asan
}

part_clang()
{
	configure_and_build clang && run_ctest clang
}

configure_and_build()
{
	cmake --preset "$1" -D TASKPROBE_WERROR=ON && cmake --build --preset "$1"
}

# The schemas and the like are tests of ctest too, where they need no root.
run_ctest()
{
	local status=0

	ctest --preset "$1" --timeout 120 >"$logs/ctest-$1.log" 2>&1 || status=$?
	cat "$logs/ctest-$1.log"
	sed -n 's/^\([0-9]*\)% tests passed, \([0-9]*\) tests failed out of \([0-9]*\)$/\2 \3/p' \
		"$logs/ctest-$1.log" |
		while read -r bad all; do echo "$((all - bad)) passed, $bad failed"; done
	return $status
}

part_layers()
{
	configure_and_build dev && tests/layers.sh build/dev
}

part_format()
{
	local formatter

	formatter=$(command -v clang-format-14 || command -v clang-format)
	case $("$formatter" --version) in
	*"version 14."*) ;;
	*)
		echo "the format is that of clang-format 14, which is not here"
		return 77
		;;
	esac
	sources | xargs -0 "$formatter" --dry-run -Werror
}

sources()
{
	find core probe checks agent tests bench -name '*.[ch]' -print0
}

part_shell()
{
	find dev .ci/run tests cmake lab bench -name '*.sh' -print0 -o -name dev -print0 \
		-o -name run -type f -print0 | xargs -0 shellcheck
}

part_schema()
{
	configure_and_build dev && /usr/bin/python3 tests/schema.py build/dev/taskprobe
}

part_consistency()
{
	configure_and_build dev && tests/consistency.sh build/dev/taskprobe
}

part_fuzz()
{
	configure_and_build clang
	tests/fuzz.sh "${FUZZ_SECONDS:-5}"
}

live_test()
{
	if [ "$(id -u)" = 0 ]; then
		"$1"
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		sudo --preserve-env=TASKPROBE,TASKPROBE_LAB_CACHE "$1"
	else
		echo "starts containers: needs root, or sudo without a password"
		return 77
	fi
}

parts()
{
	local file

	printf '%s\n' build unit asan clang layers format shell schema consistency fuzz live.image
	for file in tests/live/*; do
		if [ -f "$file" ] && [ -x "$file" ]; then
			file=${file##*/}
			echo "live.${file%.*}"
		fi
	done | grep -Fvx live.image
}

run_one()
{
	local name=$1 file

	case $name in
	live.*)
		file=$(find tests/live -maxdepth 1 -name "${name#live.}.*" -type f -perm -100)
		[ -n "$file" ] || { echo "no test $name"; return 1; }
		live_test "$file"
		;;
	*) "part_$name" ;;
	esac
}

# Counts the part by its own summary line, or as one.
judge()
{
	local name=$1 status=$2 seconds=$3 summary good=1 bad=0

	summary=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$logs/$name.log" | tail -n 1 || true)
	if [ "$status" = 77 ]; then
		skipped+=("$name")
		printf 'skip  %-24s %s\n' "$name" "$(tail -n 1 "$logs/$name.log")"
		return
	fi
	if [ -n "$summary" ]; then
		good=${summary%% *}
		bad=${summary#*, }
		bad=${bad%% *}
	fi
	[ "$status" = 0 ] || [ "$bad" != 0 ] || { good=0 && bad=1; }
	passed=$((passed + good))
	failed=$((failed + bad))
	if [ "$status" = 0 ] && [ "$bad" = 0 ]; then
		printf 'ok    %-24s %d passed, %d s\n' "$name" "$good" "$seconds"
		return
	fi
	printf 'FAIL  %-24s %d failed (%s)\n' "$name" "$bad" "$logs/$name.log"
	tail -n 60 "$logs/$name.log" | sed 's/^/      | /'
}

strict=no
names=()
for word in "$@"; do
	case $word in
	--strict) strict=yes ;;
	--list) parts && exit 0 ;;
	*)
		found=$(parts | grep -E "^$word(\.|\$)" || true)
		[ -n "$found" ] || { echo "no such test: $word (./dev test --list)" >&2; exit 2; }
		mapfile -t -O "${#names[@]}" names <<<"$found"
		;;
	esac
done
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(parts)

for name in "${names[@]}"; do
	started=$SECONDS
	status=0
	(run_one "$name") >"$logs/$name.log" 2>&1 </dev/null || status=$?
	judge "$name" "$status" $((SECONDS - started))
	# The image that was built is the sidecar of all live tests after it.
	if [ "$name" = live.image ] && [ "$status" = 0 ]; then
		export TASKPROBE=$PWD/build/image/taskprobe
	fi
done

[ ${#skipped[@]} = 0 ] || echo "skipped: ${skipped[*]}"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] || exit 1
[ "$strict" = no ] || [ ${#skipped[@]} = 0 ] || exit 1
[ "$passed" -gt 0 ] || [ ${#skipped[@]} = 0 ] || exit 77
