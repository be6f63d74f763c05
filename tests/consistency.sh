#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# consistency.sh TASKPROBE - help, README, docs and examples say the same.
#
# The words that are read here hold no blanks:
# shellcheck disable=SC2013
set -eu
cd "$(dirname "$0")/.."
taskprobe=$(realpath "$1")
passed=0
failed=0

ok()
{
	passed=$((passed + 1))
}

bad()
{
	failed=$((failed + 1))
	echo "not ok: $1"
}

verbs=$("$taskprobe" --help | sed -n 's/^  \([a-z]\{1,\}\)  *[a-z].*/\1/p')
[ "$(wc -w <<<"$verbs")" -ge 6 ] || bad "fewer than six verbs in --help"

for verb in $verbs; do
	if grep -q "^| \`$verb" README.md; then ok; else bad "README has no row for $verb"; fi
	help=$("$taskprobe" "$verb" --help) || bad "$verb --help fails"
	for option in $(grep -oE '^  .*--[a-z0-9-]+' <<<"$help" | grep -oE -- '--[a-z0-9-]+$'); do
		name=${option#--}
		[ "$name" != help ] || continue
		if grep -qE -- "\`(-[a-z]\`, \`)?${option}[\` ]" README.md; then ok; else bad "README lacks $option"; fi
		if grep -q "TASKPROBE_" <<<"$(grep -A3 -- "$option" <<<"$help")"; then ok; else bad "$option has no variable"; fi
	done
	if "$taskprobe" "$verb" --no-such-option >/dev/null 2>&1; then status=0; else status=$?; fi
	if [ $status = 2 ]; then ok; else bad "$verb takes --no-such-option (exit $status)"; fi
done

# What the README names must exist.
for option in $(grep -oE '^\| `[^|]*--[a-z0-9-]+' README.md | grep -oE -- '--[a-z0-9-]+$'); do
	found=no
	for verb in $verbs; do
		if "$taskprobe" "$verb" --help | grep -q -- "$option"; then found=yes; fi
	done
	if [ $found = yes ]; then ok; else bad "README names $option, which no verb has"; fi
done

if diff -u docs/CONTROLS.md <("$taskprobe" list controls -f markdown); then ok; else
	bad "docs/CONTROLS.md is not what 'list controls -f markdown' prints"
fi
for path in $(grep -oE '(docs|examples)/[A-Za-z0-9./-]+' README.md | sed 's/[.,]$//' | sort -u); do
	if [ -e "$path" ]; then ok; else bad "README names $path, which is not there"; fi
done

# ECS ignores an image's HEALTHCHECK, so every example has its own.
for example in examples/*.json; do
	if /usr/bin/python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
c = [c for c in d["containerDefinitions"] if c["name"] == "taskprobe"][0]
assert c["healthCheck"]["command"] == ["CMD", "/taskprobe", "health"], "healthCheck"
' "$example"; then ok; else bad "$example: no health check"; fi
	if TASKPROBE_TASK_DEFINITION_FILE=$example "$taskprobe" probe --no-inventory --self app \
		--write-probe none -f json | grep -q '"state": "declared"'; then ok; else
		bad "$example is not read as a task definition"
	fi
done

echo "$passed passed, $failed failed"
[ $failed = 0 ]
