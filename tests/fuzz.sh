#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# fuzz.sh SECONDS [TARGET...] - each libFuzzer target of build/clang for that long;
# fuzz_json starts from tests/fuzz/corpus/json. What it finds stays in build/fuzz.
set -eu
cd "$(dirname "$0")/.."
seconds=$1
shift
passed=0
failed=0

run_target()
{
	local target=$1 name=${1##*/} seeds=()

	mkdir -p "build/fuzz/$name"
	[ ! -d "tests/fuzz/corpus/${name#fuzz_}" ] || seeds=("tests/fuzz/corpus/${name#fuzz_}")
	"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="build/fuzz/$name-" "build/fuzz/$name" "${seeds[@]}" \
		>"build/fuzz/$name.log" 2>&1
}

mkdir -p build/fuzz
if [ $# = 0 ]; then
	mapfile -t targets < <(find build/clang -name 'fuzz_*' -type f -perm -100 | sort)
else
	targets=("${@/#/build/clang/tests/}")
fi
[ ${#targets[@]} -gt 0 ] || { echo "no fuzz target is built in build/clang" && exit 1; }
for target in "${targets[@]}"; do
	name=${target##*/}
	if run_target "$target"; then
		passed=$((passed + 1))
		echo "ok   $name $(grep -o 'number_of_executed_units: [0-9]*' "build/fuzz/$name.log")"
	else
		failed=$((failed + 1))
		echo "FAIL $name"
		tail -n 30 "build/fuzz/$name.log"
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
