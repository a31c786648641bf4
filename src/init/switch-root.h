/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Hands the machine over: moves /dev, /proc, /sys and /run below @new_root, makes that the root,
 * frees what the initramfs held, and executes @init with @argv, whose first word is replaced.
 * Only returns if that fails, with negative errno; by then there may be no way back. The caller
 * has ended everything that used an fd or a child. Blocks, briefly.
 */
int switch_root(const char *new_root, const char *init, char **argv);
