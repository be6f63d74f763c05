# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# inside.sh [short] - in the guest: what tests/tools/writes does and what taskprobe
# recorded of it, the life of a traced app, the oracle beside this kernel. Results in
# /out, for judge.py.
PATH=/bin:/sbin:/usr/bin:/usr/sbin
# Every tenth case of the oracle's: all of them are live.oracle's, on the machine itself;
# an emulated processor takes half an hour for them.
step=10 few=
[ "$1" != short ] || step=50 few=few
uname -r > /out/release

say() { echo "$(cut -d. -f1 /proc/uptime) s: $*"; }

# written NAME UID COMMAND...: as a container's root would run it.
written()
{
	name=$1 uid=$2
	shift 2
	say "$name"
	[ ! -e /w ] || mv /w "/w-before-$name" # too deep for busybox to remove
	# shellcheck disable=SC2086 # nothing, or a word
	writes-static setup "$uid" $few
	[ "$name" != i386 ] || writes-i386 setup "$uid"
	chmod 777 /out
	writes-static docker "$@" > "/out/$name.said" 2> "/out/$name.stderr"
	echo $? > "/out/$name.status"
	say "$name has ended"
}

trace="/bin/taskprobe trace -o"
# shellcheck disable=SC2086 # words
{
	written root 0 $trace /out/root.inventory -- /bin/writes-static run $few
	[ "$1" = short ] || {
		written i386 0 $trace /out/i386.inventory -- /bin/writes-i386 run
		written user 1000 /bin/writes-static as 1000 \
			$trace /out/user.inventory -- /bin/writes-static run
	}
	written drop 1000 $trace /out/drop.inventory -- \
		/bin/writes-static as 1000 /bin/writes-static run $few
}
say life
sh /kernels/life.sh /bin/life_app /bin/taskprobe trace > /out/life 2>&1
say oracle
oracle_peer all tmpfs $step > /out/oracle 2>&1
say "the end"
