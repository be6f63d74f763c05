#!/bin/bash
# SPDX-License-Identifier: MIT
#
# boot.sh KERNEL DIR SECONDS OUT COMMAND - boots KERNEL (a directory of fetch.sh) under
# qemu, with busybox and the files of DIR in an overlay as root, like an image's, and
# runs COMMAND in sh as root of that machine, in /. What it writes to stdout and stderr
# comes out here; what it leaves in /out is unpacked into OUT.
#
# Exit status: COMMAND's; 124 for one that took longer; 125 where the guest died, with
# its console. The processor is emulated: nested virtualisation is seldom there.
set -eu
kernel=$1 dir=$2 limit=$3 out=$4 command=$5
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Everything below root/ becomes the image; init makes it an overlay.
mkdir -p "$work/ram/bin" "$work/ram/root/bin"
cp "$(command -v busybox)" "$work/ram/bin/busybox"
cp "$work/ram/bin/busybox" "$work/ram/root/bin/"
cp -a "$dir/." "$work/ram/root/"
cp "$kernel/overlay.ko" "$work/ram/"
cp "$here/init.sh" "$work/ram/init"
cp "$here/guest.sh" "$work/ram/root/.guest"
printf '%s\n' "$command" > "$work/ram/root/.command"
chmod +x "$work/ram/init"
(cd "$work/ram" && find . | cpio -o -H newc -R 0:0 --quiet) > "$work/initrd"

# cx16 is off: some versions of qemu emulate cmpxchg16b wrongly.
status=0
# It ends with us.
setpriv --pdeathsig TERM timeout -k 5 "$limit" qemu-system-x86_64 -accel tcg,thread=multi -cpu max,-cx16 \
	-m "${KERNELS_MEMORY:-1536}" -smp "${KERNELS_PROCESSORS:-2}" \
	-display none -nodefaults -no-reboot -kernel "$kernel/vmlinuz" \
	-initrd "$work/initrd" -append "console=ttyS0 panic=-1 loglevel=4 quiet" \
	-serial "file:$work/console" -serial "file:$work/text" -serial "file:$work/tar" \
	-serial "file:$work/status" > "$work/qemu" 2>&1 < /dev/null || status=$?
cat "$work/text" 2> /dev/null || true
if [ "$status" = 124 ]; then
	tail -n 20 "$work/console" >&2
	echo "boot: not finished in $limit s" >&2
	exit 124
fi
if [ ! -s "$work/status" ]; then
	tail -n 40 "$work/qemu" "$work/console" >&2
	echo "boot: the guest died (qemu: $status)" >&2
	exit 125
fi
if [ -s "$work/tar" ]; then
	mkdir -p "$out"
	tar -xzf "$work/tar" -C "$out"
fi
exit "$(tr -d '\r\n' < "$work/status")"
