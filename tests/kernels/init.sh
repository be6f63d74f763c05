#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: MIT
# The first process of the guest: an overlay as root, and into it.
PATH=/bin
/bin/busybox mkdir -p /proc /low /new
/bin/busybox --install -s /bin
mount -t proc proc /proc
insmod /overlay.ko || echo "init: no overlay"
mount -t tmpfs -o size=80% tmpfs /low
mkdir /low/image /low/upper /low/work
cp -a /root/. /low/image
mount -t overlay -o lowerdir=/low/image,upperdir=/low/upper,workdir=/low/work \
	overlay /new || mount --bind /low/image /new
umount /proc
exec switch_root /new /bin/busybox sh /.guest
