/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A virtual terminal, by a descriptor that is valid during the call. A negative errno ends it. */
typedef int (*terminal_cb)(void *userdata, int fd);

/*
 * Visits the terminals that @names, separated by spaces, tells. 0, what @callback returned, or the
 * error of opening one. Opening waits for the kernel's console lock: for workers only.
 */
int terminals_visit(const char *names, terminal_cb callback, void *userdata);
