/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

struct blockdevs;
struct boot_config;

/* Leaves word of the mapped devices for the real root's udev, which has not seen them come. */
void hand_over_note_devices(struct blockdevs *devices);

/*
 * Becomes the real init, the program @init in the root that is mounted, with @argv as the kernel
 * gave it and what @config adds; the trace is left in /run. Nothing may be open or running any
 * more. If that is impossible, tells why and ends the machine.
 */
_noreturn_ void hand_over(const char *init, char **argv, const struct boot_config *config);
