#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# layers.sh BUILD - which functions from outside each layer calls, asked of the object
# files themselves, and which of our folders it includes. Allow-lists, because a list of
# what is forbidden always misses one.
#
# core is small, checks is pure (no descriptor, clock, network, environment), probe
# touches the kernel but neither prints nor talks. None of them uses a layer above it or
# beside it; one library has one door.
set -eu
build=$1
top=$(dirname "$0")/..
failed=0
passed=0

words='memchr|memrchr|memcmp|memcpy|memmove|memset|explicit_bzero|qsort|bsearch'
words+='|str(chr|rchr|cmp|ncmp|casecmp|ncasecmp|cspn|spn|len|str|casestr|sep|pbrk|dup|ndup)'
words+='|v?snprintf|vasprintf|malloc|calloc|realloc|free|__ctype_b_loc|__errno_location'
words+='|__stack_chk_fail|__(mem|str|v?snprintf|vasprintf)[a-z]*_chk|__isoc[0-9]*_sscanf'
words+='|memmem' # records of an inventory within lines of a log
# What sanitizers and coverage add.
words+='|__(asan|ubsan|gcov|sanitizer|start|stop)_.*|_GLOBAL_OFFSET_TABLE_'

# Looking: descriptors, directories, processes of its own, time for its patience.
looks='open|openat|close|closedir|fdopendir|readdir|read|lseek|readlinkat|poll|fcntl'
looks+='|fstat|fstatat|fstatfs|fstatvfs|getxattr|lgetxattr|unlinkat|fchdir|syscall'
looks+='|get(pid|ppid|euid|egid|groups|resuid|random)|sysconf|gnu_dev_(major|minor|makedev)'
looks+='|set(resuid|resgid|groups|fsuid|fsgid|rlimit|sid)|prctl|clock_gettime|nanosleep'
# Children that can be killed, and pipes and socket pairs to them.
looks+='|fork|waitpid|kill|_exit|pipe2|socketpair|send|dup2|write|pause'
looks+='|signal|sig(action|emptyset|fillset|procmask)'
# Tracees: their memory, and whether a thread is still there.
looks+='|pread(64)?|process_vm_readv|faccessat|strnlen'
# The tracer: running the app, handing signals and descriptors on, following processors.
looks+='|__cmsg_nxthdr|chdir|dup3|execvp|get(pgid|pgrp|rlimit|sid)|ioctl|opendir|recvmsg|sendmsg'
looks+='|sched_getaffinity|__sched_cpucount|sigaddset|signalfd|sigqueue'
# A rehearsal: mount points, and with --real the mounts.
looks+='|chmod|getcwd|lchown|lstat|mkdir|realpath|stat|statvfs|umask'
# And what they carry of the image, copied.
looks+='|f(chmod|chown)at|(f(list|get|set)xattr)|ftruncate|(link|mkdir|mknod|symlink)at'
looks+='|pwrite(64)?|utimensat|ftruncate64|lseek64|gnu_dev_makedev'
# What the attempts attempt.
looks+='|chroot|mknod|mmap|mount|munmap|ptrace|sethostname|socket|unshare|uname|klogctl'

# defined ARCHIVE... / needed ARCHIVE: symbols by name.
defined()
{
	nm --defined-only "$@" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u
}

needed()
{
	nm -u "$1" 2>/dev/null | awk '$1 == "U" { print $2 }' | sort -u
}

archive()
{
	local file=$build/$1/lib$1.a

	[ -e "$file" ] || file=$build/$1/lib${1}lib.a
	[ -e "$file" ] || { echo "no library of $1 in $build" >&2; exit 1; }
	echo "$file"
}

# allow LAYER PATTERN [LAYER_BELOW...] : nothing else but that and what the layers define.
allow()
{
	local layer=$1 pattern=$2 own=() name extra
	shift 2

	for name in "$layer" "$@"; do
		own+=("$(archive "$name")")
	done
	extra=$(needed "$(archive "$layer")" | grep -Evx "($pattern)" |
		grep -Fvx "$(defined "${own[@]}")" || true)
	if [ -n "$extra" ]; then
		failed=$((failed + 1))
		echo "FAIL $layer uses: ${extra//$'\n'/ }"
	else
		passed=$((passed + 1))
		echo "ok   $layer"
	fi
}

# one_door WHAT PREFIX LAYER : only that layer calls the library.
one_door()
{
	local what=$1 prefix=$2 door=$3 layer

	for layer in core checks probe agent; do
		[ "$layer" != "$door" ] || continue
		if needed "$(archive "$layer")" | grep -Eq "^$prefix"; then
			failed=$((failed + 1))
			echo "FAIL $layer calls $what: its door is in $door"
			return
		fi
	done
	passed=$((passed + 1))
	echo "ok   $what has one door"
}

# includes LAYER PATTERN : of our own folders, its files include those alone. A header
# may hold inline functions and structs, which leave no symbol.
includes()
{
	local layer=$1 pattern=$2 extra

	extra=$(grep -rn '#include "' "$top/$layer" --include='*.[ch]' |
		grep -Ev "#include \"($pattern)/" || true)
	if [ -n "$extra" ]; then
		failed=$((failed + 1))
		echo "FAIL $layer includes: $extra"
	else
		passed=$((passed + 1))
		echo "ok   $layer includes $pattern"
	fi
}

includes core core
includes probe 'core|probe'
includes checks 'core|checks'
includes agent 'core|probe|checks|agent'
allow core "$words|cJSON_[A-Za-z]*"
allow checks "$words|inflate(End|Init2_)?|yaml_[a-z_]*" core
allow probe "$words|$looks|cap_[a-z_]*|seccomp_[a-z_]*" core
one_door cJSON cJSON_ core
one_door libcap 'cap_(get|set|init|free|drop|max)' probe
one_door libcurl curl_ agent
one_door libseccomp seccomp_ probe
one_door zlib inflate checks

echo "$passed passed, $failed failed"
[ $failed = 0 ]
