#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The init of the demo's root.
export PATH=/bin HOME=/ PS1='real-root# '
echo
echo "This is the real root: $(awk '$2 == "/" { print $1 }' /proc/mounts), on Linux $(uname -r)."
echo "'exit' turns the machine off."
setsid cttyhack sh
sync
poweroff -f
