/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of crypttab, a line that says so (x-initrd.attach, initramfs) is opened, and one that the command
 * line names. All others stay closed until something is awaited that the line names or that may be
 * inside: a file system's UUID may be in any of them, a partition in none. noauto is for what is
 * named only. So a crypttab that was made for the whole system does no harm in an image.
 */
#include "config/luks-choice.h"

#include <string.h>

#include "base/str.h"
#include "config/crypt-volume.h"
#include "config/luks-config.h"

bool luks_choice_is_wanted(const struct luks_config *luks, const struct crypt_volume *volume)
{
	if (volume->line == 0 || luks->is_allow_list)
		return true;
	return volume->options.attach_in_initrd && !volume->options.noauto;
}

bool luks_choice_is_named(const struct crypt_volume *volume, const struct device_spec *spec)
{
	if (spec->kind == DEVICE_SPEC_MAPPER && volume->name)
		return str_equal(volume->name, spec->value);
	return device_spec_equal(&volume->device, spec);
}

bool luks_choice_may_be_inside(const struct device_spec *spec)
{
	switch (spec->kind) {
	case DEVICE_SPEC_MAPPER: /* a logical volume */
	case DEVICE_SPEC_NUMBER:
	case DEVICE_SPEC_UUID:
	case DEVICE_SPEC_UUID_PART:
	case DEVICE_SPEC_LABEL:
		return true;
	case DEVICE_SPEC_NODE: /* VG/LV */
		return strchr(spec->value, '/') || str_after_prefix(spec->value, "dm-") ||
		       str_after_prefix(spec->value, "md");
	case DEVICE_SPEC_ID:
		return str_after_prefix(spec->value, "dm-") || str_after_prefix(spec->value, "md-");
	case DEVICE_SPEC_NONE:
	case DEVICE_SPEC_PARTUUID:
	case DEVICE_SPEC_PARTLABEL:
	case DEVICE_SPEC_PATH:
	case DEVICE_SPEC_SERIAL:
	case DEVICE_SPEC_GPT_AUTO:
	case DEVICE_SPEC_VIRTIOFS:
	case DEVICE_SPEC_9P:
		return false;
	}
	return false;
}

bool luks_choice_is_awaited(const struct vec *volumes, const struct crypt_volume *volume,
			    const struct device_spec *spec)
{
	const struct crypt_volume *other;

	if (spec->kind == DEVICE_SPEC_NONE)
		return false;
	vec_for_each(other, volumes) {
		if (luks_choice_is_named(other, spec))
			return luks_choice_is_named(volume, spec);
	}
	return luks_choice_may_be_inside(spec) && !volume->options.noauto;
}
