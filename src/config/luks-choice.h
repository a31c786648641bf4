/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/vec.h"
#include "config/device-spec.h"

struct crypt_volume;
struct luks_config;

/*
 * Which of the volumes that luks_config_merge() has found are opened, so that /init and whoever
 * foretells what it will do are of one mind. All pure.
 */

/* Whatever else is awaited: the command line names it, or its line of crypttab says so. */
bool luks_choice_is_wanted(const struct luks_config *luks, const struct crypt_volume *volume);

/* Whether @spec names the mapping itself, or the device that it is made of. */
bool luks_choice_is_named(const struct crypt_volume *volume, const struct device_spec *spec);

/* Whether a device of that name may exist only once a volume is open. */
bool luks_choice_may_be_inside(const struct device_spec *spec);

/*
 * Whether @volume, one of @volumes, is opened where @spec is awaited: because @spec names it, or
 * none of them and may be inside. DEVICE_SPEC_NONE is not awaited.
 */
bool luks_choice_is_awaited(const struct vec *volumes, const struct crypt_volume *volume,
			    const struct device_spec *spec);
