#!/bin/sh
# SPDX-License-Identifier: MIT
#
# kernel.sh - trace on Debian's 6.1 under qemu, the short form of `./dev kernels`: many
# of those who run containers have that kernel. 77 where it cannot run.
cd "$(dirname "$0")/../.." || exit 1
for tool in qemu-system-x86_64 cpio busybox setpriv; do
	command -v $tool > /dev/null || { echo "$tool is not installed"; exit 77; }
done
[ "$(uname -m)" = x86_64 ] || { echo "the guest is x86-64"; exit 77; }
exec /usr/bin/python3 tests/kernels/main.py --short bookworm
