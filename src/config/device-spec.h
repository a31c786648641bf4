/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Which device the user means. The rules are those of fstab(5) and of udev's /dev/disk/by-*. */
enum device_spec_kind {
	DEVICE_SPEC_NONE,
	DEVICE_SPEC_NODE,   /* a kernel name below /dev, such as "sda1" */
	DEVICE_SPEC_MAPPER, /* a device-mapper name */
	DEVICE_SPEC_NUMBER, /* @devnum; the value is "8:1" */
	DEVICE_SPEC_UUID,   /* of a file system or a LUKS header, also a short one: "ABCD-1234" */
	DEVICE_SPEC_UUID_PART, /* of a LUKS header, any part of it, as dracut takes them */
	DEVICE_SPEC_LABEL,
	DEVICE_SPEC_PARTUUID, /* or the partition whose number is @partition_offset higher */
	DEVICE_SPEC_PARTLABEL,
	DEVICE_SPEC_ID,       /* the name of a link in /dev/disk/by-id, as udev would write it */
	DEVICE_SPEC_PATH,     /* the same in /dev/disk/by-path */
	DEVICE_SPEC_SERIAL,   /* a part of the disk's serial number */
	DEVICE_SPEC_GPT_AUTO, /* what the partition types say; the value is "" */
	DEVICE_SPEC_VIRTIOFS, /* no device but the tag of a file system */
	DEVICE_SPEC_9P,       /* the same */
};

struct device_spec {
	enum device_spec_kind kind;
	char *value; /* unescaped; NULL for DEVICE_SPEC_NONE */
	char *text;  /* as the user wrote it, for messages */
	dev_t devnum;
	int partition_offset; /* 0 but for PARTUUID=…/PARTNROFF=n */
};

/*
 * Parses the name of a block device: "/dev/…", "TAG=value", "/dev/disk/by-tag/value", a number as
 * "8:1", "0x801" or "801". In labels and in names of by-* links \xNN stands for that byte. 0;
 * -EINVAL for what names no device; -ENODATA if nothing follows the tag; -EOPNOTSUPP for a by-*
 * directory that cannot be resolved here; -ENOMEM. On errors @ret_spec is untouched.
 */
int device_spec_parse(const char *text, struct device_spec *ret_spec);

/*
 * The same for what is to be mounted, so "gpt-auto", "virtiofs:TAG" and "9p:TAG" as well. If
 * @types, a list as in rootfstype= or NULL, begins with virtiofs or 9p, all of @text is the tag.
 * -EPROTONOSUPPORT for what is on the network.
 */
int device_spec_parse_mount(const char *text, const char *types, struct device_spec *ret_spec);

/* One of a kind whose value stands alone, such as a UUID. 0, -ENODATA if it is "", or -ENOMEM. */
int device_spec_make(enum device_spec_kind kind, const char *value, struct device_spec *ret_spec);

/* 0 or -ENOMEM, and then @ret_copy is untouched. */
int device_spec_copy(const struct device_spec *spec, struct device_spec *ret_copy);

/* Whether both name the same in the same way; UUIDs in any case. */
bool device_spec_equal(const struct device_spec *a, const struct device_spec *b);

/* Whether only udev's names of a device tell whether it is meant: those in by-id and by-path. */
bool device_spec_is_udev_name(const struct device_spec *spec);

/* Whether it is a name that the kernel gives to one device only, so that no other can have it. */
bool device_spec_is_unique(const struct device_spec *spec);

/* What an error of the above means, as the end of a sentence that begins with the text. */
const char *device_spec_error(int error);

/* Whether @text, which names no device, would be one with "/dev/" before it: "vda", "mapper/root".
 */
bool device_spec_lacks_dev(const char *text);

void device_spec_done(struct device_spec *spec);
