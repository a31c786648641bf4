/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/breakpoint.h"

#include <string.h>

#include "base/macro.h"

/* The points of our own, and of dracut, systemd, mkinitcpio and initramfs-tools, in this order. */
static const struct {
	const char *name;
	enum breakpoint point;
} breakpoints[] = {
	{ "early", BREAKPOINT_EARLY },         { "pre-mount", BREAKPOINT_PRE_MOUNT },
	{ "mounted", BREAKPOINT_MOUNTED },     { "pre-switch", BREAKPOINT_PRE_SWITCH },

	{ "cmdline", BREAKPOINT_EARLY },       { "pre-udev", BREAKPOINT_EARLY },
	{ "pre-trigger", BREAKPOINT_EARLY },   { "initqueue", BREAKPOINT_EARLY },
	{ "mount", BREAKPOINT_PRE_MOUNT },     { "pre-pivot", BREAKPOINT_PRE_SWITCH },
	{ "cleanup", BREAKPOINT_PRE_SWITCH },

	{ "pre-basic", BREAKPOINT_EARLY },     { "pre-switch-root", BREAKPOINT_PRE_SWITCH },

	{ "premount", BREAKPOINT_PRE_MOUNT },  { "postmount", BREAKPOINT_MOUNTED },

	{ "top", BREAKPOINT_EARLY },           { "modules", BREAKPOINT_EARLY },
	{ "mountroot", BREAKPOINT_PRE_MOUNT }, { "bottom", BREAKPOINT_MOUNTED },
	{ "init", BREAKPOINT_PRE_SWITCH },
};

const char *breakpoint_name(enum breakpoint point)
{
	return breakpoints[point].name;
}

bool breakpoint_find(const char *name, size_t size, enum breakpoint *ret_point)
{
	for (size_t i = 0; i < ARRAY_SIZE(breakpoints); i++) {
		if (strlen(breakpoints[i].name) != size ||
		    strncmp(breakpoints[i].name, name, size) != 0)
			continue;
		*ret_point = breakpoints[i].point;
		return true;
	}
	return false;
}
