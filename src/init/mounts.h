/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Mounts /dev, /proc, /sys and /run where they are not mounted yet, as the host expects to
 * inherit them. Each is tried whatever became of the others; the first error is returned. The
 * caller tells: nothing can be logged before this.
 */
int mounts_set_up(void);

/*
 * Makes fds 0, 1 and 2 valid: the console, or /dev/null where there is none. May be called again,
 * when there is another one.
 */
void mounts_open_stdio(void);
