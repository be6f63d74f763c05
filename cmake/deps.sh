#!/bin/sh
# SPDX-License-Identifier: MIT
#
# deps.sh SUITE DEST - builds the libraries of the static binary from the source
# packages of one Debian suite (trixie) into DEST, with musl-gcc, for `pkg-config
# --static`. The newest version of each package is taken, security updates and
# Debian's own patches included: that is where the fixes of a stable release are.
#
# The mirror is this machine's own (debian.sh), and nothing outside DEST changes. What
# is fetched is verified by the checksums of the signed index. A second run does
# nothing: DEST/stamp holds the checksum of this recipe. `rm -r DEST` asks the mirror
# for newer versions.
#
# Needs: apt, musl-tools, linux-libc-dev, uthash-dev, cmake, ninja, pkg-config, patch,
# make, bzip2, xz. No root.
set -eu
packages="zlib cjson libcap2 libseccomp mbedtls curl" # not linked yet: libyaml

suite=${1:?usage: deps.sh SUITE DEST} dest=${2:?usage: deps.sh SUITE DEST}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dest"
dest=$(cd "$dest" && pwd)
CC=${CC:-musl-gcc}
CFLAGS="-Os -pipe -fPIE -ffunction-sections -fdata-sections -fstack-protector-strong"
CFLAGS="$CFLAGS -fno-asynchronous-unwind-tables -fno-unwind-tables -DNDEBUG"
CFLAGS="$CFLAGS -idirafter $dest/kernel" # see kernel_headers
uthash=/usr/include/uthash.h
work=$dest/work jobs=$(nproc)

say() { echo "deps: $*" >&2; }
die() { say "$*"; exit 1; }

need() # COMMAND PACKAGE
{
	command -v "$1" > /dev/null || die "$1 is missing: install $2"
}

recipe() # a checksum of all that decides what is built
{
	{
		echo "$suite $dest $CFLAGS"
		cat "$here/deps.sh" "$here/debian.sh" "$here/mbedtls.h" "$here/mbedtls-pss.patch"
		cat "$uthash"
		"$CC" -dumpfullversion -dumpmachine
	} | sha256sum | cut -d ' ' -f 1
}

### source packages ###

versions() # PACKAGE: newest first
{
	apt-cache showsrc --only-source "$1" | sed -n 's/^Version: //p' | sort -ruV
}

# Fetches one version's upstream and Debian tarballs, verified by the index. A
# mirror may lack a .dsc while its tarballs are there, so that one is not asked for.
fetch_version() # PACKAGE VERSION
{
	apt-get source --print-uris --download-only "$1=$2" 2> /dev/null |
		grep "^'" | tr -d "'" > "$work/uris"
	while read -r uri name _ hash; do
		case $name in
		*.asc | *.dsc) continue ;;
		esac
		[ -n "$hash" ] || return 1
		/usr/lib/apt/apt-helper download-file "$uri" "$work/$name" "$hash" \
			> "$work/log" 2>&1 || return 1
	done < "$work/uris"
}

unpack() # PACKAGE: its patched source in $work/PACKAGE
{
	mkdir "$work/$1"
	while read -r _ name _; do
		case $name in
		*.asc) ;;
		*.orig.tar.*) tar -xf "$work/$name" --strip-components=1 -C "$work/$1" ;;
		esac
	done < "$work/uris"
	tar -xf "$work/$1"_*.debian.tar.* -C "$work/$1"
	series=$work/$1/debian/patches/series
	[ -e "$series" ] || return 0
	sed 's/[[:space:]]*\(#.*\)*$//; /^$/d' "$series" | while read -r name; do
		patch -s -p1 -d "$work/$1" < "$work/$1/debian/patches/$name" > "$work/log" ||
			die "$1: $name does not apply: $(cat "$work/log")"
	done
}

# A mirror that is behind with its security suite has the version before.
fetch() # PACKAGE
{
	newest=
	for version in $(versions "$1"); do
		newest=${newest:-$version}
		if fetch_version "$1" "$version"; then
			[ "$version" = "$newest" ] || say "the mirror lacks $1 $newest"
			say "$1 $version"
			echo "$1 $version" >> "$dest/versions"
			unpack "$1"
			return
		fi
	done
	die "$1 of $suite cannot be fetched: $(tail -n 3 "$work/log" 2> /dev/null)"
}

upstream() # PACKAGE: the version for its .pc: no epoch, no revision
{
	sed -nE "s/^$1 ([0-9]+:)?([0-9]+(\.[0-9]+)*).*/\2/p" "$dest/versions"
}

### building ###

# musl-gcc drops /usr/include, where the kernel's headers are too: linux/openat2.h.
kernel_headers()
{
	multiarch=$(gcc -print-multiarch 2> /dev/null || :)
	mkdir -p "$dest/kernel"
	for name in linux asm-generic asm; do
		for from in "/usr/include/$multiarch/$name" "/usr/include/$name"; do
			[ ! -d "$from" ] || break
		done
		[ -e "$from" ] || die "$from is missing: install linux-libc-dev"
		ln -sfn "$from" "$dest/kernel/$name"
	done
}

# A header of macros, the same in every suite; and for the same reason out of sight.
uthash_header()
{
	cp "$uthash" "$dest/include/"
}

archive() # LIBRARY "FLAGS" FILE.c...: lib/LIBRARY.a
{
	lib=$1 flags=$2
	shift 2
	mkdir -p "$work/$lib"
	# shellcheck disable=SC2086
	(cd "$work/$lib" && printf '%s\n' "$@" |
		xargs -P "$jobs" -n 6 "$CC" $CFLAGS $flags -c) || die "$lib: compilation failed"
	ar rcsD "$dest/lib/$lib.a" "$work/$lib"/*.o
}

pc() # NAME VERSION "LIBS" ["REQUIRES"]
{
	cat > "$dest/lib/pkgconfig/$1.pc" <<-END
		Name: $1
		Description: $1 for the static build of taskprobe
		Version: $2
		Cflags: -I$dest/include
		Libs: -L$dest/lib $3
		Requires.private: ${4-}
	END
}

build_zlib()
{
	src=$work/zlib
	cp "$src/zlib.h" "$src/zconf.h" "$dest/include/"
	archive libz "-DHAVE_HIDDEN" "$src"/adler32.c "$src"/crc32.c "$src"/deflate.c \
		"$src"/inf[ft]*.c "$src"/inflate.c "$src"/trees.c "$src"/zutil.c \
		"$src"/compress.c "$src"/uncompr.c
	pc zlib "$(upstream zlib)" -lz
}

build_cjson()
{
	mkdir -p "$dest/include/cjson"
	cp "$work/cjson/cJSON.h" "$dest/include/cjson/"
	archive libcjson "" "$work/cjson/cJSON.c"
	pc libcjson "$(upstream cjson)" "-lcjson -lm"
}

build_libcap2()
{
	src=$work/libcap2/libcap
	mkdir -p "$dest/include/sys"
	cp "$src/include/sys/capability.h" "$dest/include/sys/"
	make -s -C "$src" cap_names.h BUILD_CC="$CC" > "$work/log" 2>&1 ||
		die "libcap: $(cat "$work/log")"
	archive libcap "-I$src/include -I$src/include/uapi -D_GNU_SOURCE" "$src"/cap_alloc.c \
		"$src"/cap_proc.c "$src"/cap_extint.c "$src"/cap_flag.c "$src"/cap_text.c \
		"$src"/cap_file.c "$src"/cap_syscalls.c
	pc libcap "$(upstream libcap2)" -lcap
}

# Its table has the calls of 18 machines, and is most of it.
build_libseccomp()
{
	src=$work/libseccomp
	cp "$src/include/seccomp.h" "$src/include/seccomp-syscalls.h" "$dest/include/"
	: > "$src/include/configure.h" # what it asks for is said here
	set --
	for file in "$src"/src/*.c; do
		case ${file##*/} in
		arch-syscall-dump.c) ;;
		*) set -- "$@" "$file" ;;
		esac
	done
	archive libseccomp "-I$src/include -I$src/src -DHAVE_LINUX_SECCOMP_H=1" "$@"
	pc libseccomp "$(upstream libseccomp)" -lseccomp
}

build_mbedtls()
{
	src=$work/mbedtls version=$(upstream mbedtls)
	if patch -s -N -p1 -d "$src" --dry-run < "$here/mbedtls-pss.patch" > /dev/null; then
		patch -s -p1 -d "$src" < "$here/mbedtls-pss.patch"
	else
		say "mbedtls $version no longer needs mbedtls-pss.patch"
	fi
	cp -r "$src/include/mbedtls" "$src/include/psa" "$dest/include/"
	cp "$here/mbedtls.h" "$dest/include/mbedtls/mbedtls_config.h"
	set --
	for file in "$src"/library/*.c; do
		case ${file##*/} in
		ssl_* | x509* | mps_* | net_sockets.c | debug.c) ;;
		*) set -- "$@" "$file" ;;
		esac
	done
	archive libmbedcrypto "-I$dest/include -I$src/library" "$@"
	archive libmbedx509 "-I$dest/include -I$src/library" "$src"/library/x509*.c
	archive libmbedtls "-I$dest/include -I$src/library" "$src"/library/ssl_*.c
	pc mbedcrypto "$version" -lmbedcrypto
	pc mbedx509 "$version" -lmbedx509 mbedcrypto
	pc mbedtls "$version" -lmbedtls mbedx509
}

# HTTP and HTTPS alone, with SigV4 and proxies. Names are resolved in the calling
# thread: musl's resolver gives up by itself (two attempts of five seconds), and a
# program that forks and filters system calls has no use for hidden threads.
build_curl()
{
	off=
	for name in ALTSVC BEARER_AUTH COOKIES DIGEST_AUTH DOH FORM_API GETOPTIONS HSTS \
		IPFS KERBEROS_AUTH LIBCURL_OPTION MIME NEGOTIATE_AUTH NETRC NTLM \
		PROGRESS_METER SHA512_256 SHUFFLE_DNS SOCKETPAIR SRP WEBSOCKETS; do
		off="$off -DCURL_DISABLE_$name=ON"
	done
	for name in CURL_BROTLI CURL_ZLIB CURL_ZSTD USE_LIBIDN2 USE_NGHTTP2 \
		CURL_USE_LIBPSL CURL_USE_LIBSSH2 ENABLE_UNIX_SOCKETS ENABLE_THREADED_RESOLVER \
		BUILD_CURL_EXE BUILD_SHARED_LIBS BUILD_LIBCURL_DOCS BUILD_MISC_DOCS \
		ENABLE_CURL_MANUAL BUILD_TESTING BUILD_EXAMPLES PICKY_COMPILER; do
		off="$off -D$name=OFF"
	done
	# shellcheck disable=SC2086
	{
		PKG_CONFIG_LIBDIR=$dest/lib/pkgconfig cmake -G Ninja -S "$work/curl" \
			-B "$work/curl/build" -DCMAKE_C_COMPILER="$CC" \
			-DCMAKE_C_FLAGS="$CFLAGS" -DCMAKE_BUILD_TYPE=None \
			-DCMAKE_INSTALL_PREFIX="$dest" -DCMAKE_INSTALL_LIBDIR=lib \
			-DCMAKE_PREFIX_PATH="$dest" -DBUILD_STATIC_LIBS=ON -DHTTP_ONLY=ON \
			-DCURL_USE_MBEDTLS=ON -DENABLE_IPV6=ON -DCURL_CA_BUNDLE=none \
			-DCURL_CA_PATH=none $off &&
			cmake --build "$work/curl/build" --target install
	} > "$work/log" 2>&1 || die "curl: $(tail -n 30 "$work/log")"
}

### main ###

need apt-get apt
need "$CC" musl-tools
need cmake cmake
need ninja ninja-build
need pkg-config pkgconf
need patch patch
need make make
need bzip2 bzip2
need xz xz-utils
[ -e "$uthash" ] || die "$uthash is missing: install uthash-dev"
exec 9> "$dest/lock"
flock 9
want=$(recipe)
if [ "$(cat "$dest/stamp" 2> /dev/null)" = "$want" ]; then
	exit 0
fi
rm -rf "$work" "${dest:?}/stamp" "${dest:?}/include" "${dest:?}/lib" "$dest/versions"
mkdir -p "$work" "$dest/include" "$dest/lib/pkgconfig"
kernel_headers
uthash_header
"$here/debian.sh" "$suite" "$work/apt" > /dev/null
export APT_CONFIG="$work/apt/conf"
for package in $packages; do
	fetch "$package"
	"build_$package"
done
rm -rf "$work"
echo "$want" > "$dest/stamp"
