/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Where boot may stop for a shell. */
enum breakpoint {
	BREAKPOINT_EARLY,      /* before any device is looked for */
	BREAKPOINT_PRE_MOUNT,  /* the root device is there, and nothing is mounted */
	BREAKPOINT_MOUNTED,    /* the root, and nothing else */
	BREAKPOINT_PRE_SWITCH, /* all is ready for the real init */
};

/* What it is called here, as the value of rd.break=. */
const char *breakpoint_name(enum breakpoint point);

/* The point that the @size bytes at @name mean, in whichever initramfs's words. */
bool breakpoint_find(const char *name, size_t size, enum breakpoint *ret_point);
