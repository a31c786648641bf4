#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Finishes the Debian tree in $1, whose file system will have the UUID $2.
set -eu
tree=$1
uuid=$2

echo kindling-debian >"$tree/etc/hostname"
chroot "$tree" passwd -q -d root

# Two units wait for links that udev only makes when the initramfs left its record of the dm device:
# /dev/mapper/…, and the by-uuid link of what is inside of it.
cat >"$tree/etc/fstab" <<FSTAB
/dev/mapper/debian-root / ext4 defaults 0 1
UUID=$uuid /mnt ext4 defaults 0 0
FSTAB

# Nothing here may start in the middle of a boot that is being timed.
chroot "$tree" systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer \
	dpkg-db-backup.timer e2scrub_all.timer fstrim.timer
rm -rf "$tree"/var/lib/apt/lists/* "$tree"/var/cache/apt/*
