#!/bin/sh
# SPDX-License-Identifier: MIT
#
# life.sh APP TRACER... - the life of a traced app on a kernel that has nothing but
# busybox: it ends, is killed, ends in the middle of its threads' calls, leaves a daemon;
# the supervisor is killed and stopped. APP is tests/tools/life_app.c, TRACER a command
# that takes `-o FILE -- COMMAND`. Ends with "N passed, M failed".
app=$1
shift
dir=$(mktemp -d) || exit 1
passed=0 failed=0

check() # CLAIM GOT WANTED
{
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $1: '$2', expected '$3'"
	fi
}

# The answer of a question that must be there in the end; 60 s are a hang.
until_is() # WANTED COMMAND...
{
	wanted=$1
	shift
	tries=0
	while [ "$("$@" 2>/dev/null)" != "$wanted" ] && [ $tries -lt 1200 ]; do
		sleep 0.05
		tries=$((tries + 1))
	done
	"$@" 2>/dev/null
}

# /proc/PID/task/TID/children is not in every kernel.
child() { ps -o pid,ppid | awk -v parent="$1" '$2 == parent { print $1; exit }'; }
has_child() { [ -n "$(child "$1")" ] && echo yes; }
files() { find "$dir" -name 'daemon-*' -exec basename {} \;; }
# shellcheck disable=SC2009 # busybox has no pgrep -c
ours() { ps -o args | grep -v grep | grep -c "$dir/"; }
ended() { grep -o '"ended":"[a-z]*"' "$1"; }

for code in 0 1 42 125 126 127; do
	"$@" -o "$dir/out" -- "$app" exit $code
	check "exit $code" $? $code
done
for sig in 1 6 9 11 15; do
	"$@" -o "$dir/out" -- "$app" die $sig 2>/dev/null
	check "death by $sig" $? $((128 + sig))
done
"$@" -o "$dir/out" -- "$dir/nothing" 2>/dev/null
check "no such program" $? 127
"$@" -o "$dir/out" -- "$@" -o "$dir/out2" -- "$app" exit 3 2>/dev/null
check "a tracer in a tracer" $? 125

check "a storm" "$("$@" -o "$dir/out" -- "$app" storm "$dir" 4 200)" "wrong 0"
for i in 1 2 3 4 5; do
	"$@" -o "$dir/out" -- "$app" abrupt "$dir"
	check "an abrupt end, $i" $? 21
done

"$@" -o "$dir/leaves" -- "$app" daemon "$dir" 100
check "leaves a daemon" $? 5
check "which finishes" "$(until_is daemon-right files)" daemon-right
check "and is written" "$(until_is '"ended":"exit"' ended "$dir/leaves")" '"ended":"exit"'
rm -f "$dir"/daemon-*

for i in 1 2 3 4 5 6; do
	"$@" -o "$dir/out" -- "$app" storm "$dir" $((i % 2 * 3 + 1)) 300 \
		>"$dir/said" 2>/dev/null &
	front=$!
	until_is yes has_child $front >/dev/null
	sleep 0.0$((i * 3))
	kill -KILL "$(child $front)"
	wait $front
	check "supervisor killed, $i" "$? $(cat "$dir/said")" "0 wrong 0"
done

"$@" -o "$dir/out" -- "$app" storm "$dir" 2 400 >"$dir/said" 2>/dev/null &
front=$!
until_is yes has_child $front >/dev/null
sleep 0.3
supervisor=$(child $front)
kill -STOP "$supervisor"
wait $front
check "supervisor stopped" "$? $(cat "$dir/said")" "0 wrong 0"

"$@" -o "$dir/out" -- "$app" storm "$dir" 2 1000000 >/dev/null 2>&1 &
front=$!
until_is yes has_child $front >/dev/null
sleep 0.3
kill -KILL $front
wait $front 2>/dev/null
check "killed in front" $? 137
check "nothing is left" "$(until_is 0 ours)" 0

rm -rf "$dir"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
