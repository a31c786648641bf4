/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/host/host-reader.h"

/*
 * Adds what the places need that are to be reached before the real init runs: root, /usr, what
 * fstab mounts in the initramfs, and the swap area to resume from. 0 or -ENOMEM.
 */
int host_goals_add(struct host_reader *reader);
