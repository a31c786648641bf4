/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/breakpoint.h"

#include "base/macro.h"
#include "base/str.h"

/* As they are called here. */
static const char *const names[] = {
	[BREAKPOINT_EARLY] = "early",
	[BREAKPOINT_PRE_MOUNT] = "pre-mount",
	[BREAKPOINT_MOUNTED] = "mounted",
	[BREAKPOINT_PRE_SWITCH] = "pre-switch",
};

/* As they are called in dracut, systemd, mkinitcpio and initramfs-tools, in this order. */
static const struct {
	const char *name;
	enum breakpoint point;
} other_names[] = {
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
	return names[point];
}

bool breakpoint_find(const char *name, size_t size, enum breakpoint *ret_point)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!str_item_is(name, size, names[i]))
			continue;
		*ret_point = (enum breakpoint)i;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(other_names); i++) {
		if (!str_item_is(name, size, other_names[i].name))
			continue;
		*ret_point = other_names[i].point;
		return true;
	}
	return false;
}
