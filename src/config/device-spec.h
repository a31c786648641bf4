/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/* Which device the user means. The rules are those of fstab(5) and of udev's /dev/disk/by-*. */
enum device_spec_kind {
	DEVICE_SPEC_NONE,
	DEVICE_SPEC_NODE,   /* a kernel name below /dev, such as "sda1" */
	DEVICE_SPEC_MAPPER, /* a device-mapper name */
	DEVICE_SPEC_UUID,
	DEVICE_SPEC_LABEL,
	DEVICE_SPEC_PARTUUID,
	DEVICE_SPEC_PARTLABEL,
};

struct device_spec {
	enum device_spec_kind kind;
	char *value; /* unescaped; NULL for DEVICE_SPEC_NONE */
	char *text;  /* as the user wrote it, for messages */
};

/*
 * Parses "/dev/…", "TAG=value" or "/dev/disk/by-tag/value", where \xNN in a by-* path stands for
 * that byte. 0; -EINVAL for what is no device spec; -EOPNOTSUPP for a by-* directory that cannot
 * be resolved here; -ENOMEM. On errors @ret_spec is untouched.
 */
int device_spec_parse(const char *text, struct device_spec *ret_spec);

void device_spec_done(struct device_spec *spec);
