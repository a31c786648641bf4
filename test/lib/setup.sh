#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs what the tests and the demo need and this machine lacks; says what and why first.
# Nothing missing: no output, no network, no root.
#
#	setup.sh demo	what `test/demo` needs
#	setup.sh test	that, and what `test/run` needs besides
#
# KINDLING_NO_SETUP=1 skips it, for machines that are set up by other means.
set -eu

[ -z "${KINDLING_NO_SETUP:-}" ] || exit 0

# package | set | why. The set `demo` is part of the set `test`.
packages() {
	cat <<'TABLE'
meson                |demo|configures the build
ninja-build          |demo|runs the build
gcc                  |demo|compiles Kindling and the init of the test disks
libc6-dev            |demo|headers, and the static libc for that init
pkg-config           |demo|finds the libraries
libevent-dev         |demo|event loop of /init
libmnl-dev           |demo|netlink, for uevents
libkmod-dev          |demo|module look-up and insertion
libblkid-dev         |demo|tells what is on a disk
libcryptsetup-dev    |demo|opens LUKS volumes
libzstd-dev          |demo|compression in the image generator
zlib1g-dev           |demo|the same: gzip; kernel configurations that are compressed
liblzma-dev          |demo|the same: xz
libxxhash-dev        |demo|checksums of what images hold
liblz4-dev           |demo|the same: lz4
libarchive-dev       |demo|reads images of every compression
libjson-c-dev        |demo|reads what libraries declare about others
kmod                 |demo|depmod, for kernels that are unpacked and not installed
qemu-system-x86      |demo|the machine that boots
cryptsetup-bin       |demo|encrypts test disks, in files
e2fsprogs            |demo|makes ext4 in files
fdisk                |demo|partitions disks in files
dosfstools           |test|makes vfat in files
btrfs-progs          |test|makes btrfs in files
xfsprogs             |test|makes xfs in files
f2fs-tools           |test|makes f2fs in files
erofs-utils          |test|makes erofs in files
squashfs-tools       |test|makes squashfs in files
xorriso              |test|makes iso9660 in files
ovmf                 |test|EFI firmware, which tells what was booted from
mtools               |test|fills vfat in files
ntfs-3g              |test|makes and fills ntfs in files
python3              |demo|runs demo, boots and scenarios
python3-cryptography |demo|AES-XTS, for LUKS1 disks
zstd                 |demo|unpacks newer Debian packages
xz-utils             |test|compresses modules
lzop                 |test|images that were compressed with it
clang                |test|second compiler, and the fuzz targets
clang-format         |test|checks the format of the source
libclang-rt-dev      |test|sanitizers and libFuzzer for clang
libcmocka-dev        |test|unit tests
mmdebstrap           |test|a whole Debian as the root of one scenario
scdoc                |test|manual pages
strace               |test|kills builds at every system call, and lets those fail
libarchive-tools     |test|bsdcpio and bsdtar, which read our images
cpio                 |test|reads our images
lz4                  |test|unpacks images
kbd                  |test|compiles keymaps, for images that have one
swtpm                |test|TPMs of virtual machines
libtss2-esys-3.0.2-0 |test|the same: what systemd's plug-in for them loads
libtss2-rc0          |test|the same
libtss2-mu0          |test|the same
libtss2-tcti-device0 |test|the same
libtss2-tcti-swtpm0  |test|enrols them
libfido2-1           |test|what systemd's plug-in for security keys loads
TABLE
}

wanted_set=${1:?usage: setup.sh demo|test}

wanted() {
	packages | while IFS='|' read -r package set why; do
		case $wanted_set/$set in
		test/*|demo/demo) printf '%s|%s\n' "${package%% *}" "$why" ;;
		esac
	done
}

is_installed() {
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

distribution() {
	. /etc/os-release
	echo "${ID:-unknown}"
}

if [ "$(distribution)" != debian ]; then
	echo "This is not Debian. Install what corresponds to these packages, then set" >&2
	echo "KINDLING_NO_SETUP=1 and start again:" >&2
	wanted | while IFS='|' read -r package why; do
		printf '  %-22s %s\n' "$package" "$why" >&2
	done
	exit 1
fi

missing=$(wanted | while IFS='|' read -r package why; do
	is_installed "$package" || printf '%s|%s\n' "$package" "$why"
done)
[ -n "$missing" ] || exit 0

echo "To be installed with apt-get:"
echo "$missing" | while IFS='|' read -r package why; do
	printf '  %-22s %s\n' "$package" "$why"
done

as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || { echo "setup: not root, and there is no sudo" >&2; exit 1; }
	as_root=sudo
fi
$as_root apt-get -q update
# shellcheck disable=SC2046 # one word per package is what is meant
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install \
	$(echo "$missing" | cut -d'|' -f1)
