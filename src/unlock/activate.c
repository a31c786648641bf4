/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/activate.h"

#include <errno.h>
#include <libcryptsetup.h>
#include <stdbool.h>
#include <string.h>

#include "base/macro.h"
#include "config/crypt-options.h"
#include "unlock/complaint.h"

/*
 * Not CRYPT_ACTIVATE_SERIALIZE_MEMORY_HARD_PBKDF: /init lets only as many volumes derive keys at a
 * time as there is memory for, instead of one.
 */
static uint32_t activation_flags(const struct crypt_options *options)
{
	const struct {
		bool is_set;
		uint32_t flag;
	} flags[] = {
		{ options->discard, CRYPT_ACTIVATE_ALLOW_DISCARDS },
		{ options->readonly, CRYPT_ACTIVATE_READONLY },
		{ options->same_cpu_crypt, CRYPT_ACTIVATE_SAME_CPU_CRYPT },
		{ options->submit_from_crypt_cpus, CRYPT_ACTIVATE_SUBMIT_FROM_CRYPT_CPUS },
		{ options->no_read_workqueue, CRYPT_ACTIVATE_NO_READ_WORKQUEUE },
		{ options->no_write_workqueue, CRYPT_ACTIVATE_NO_WRITE_WORKQUEUE },
	};
	uint32_t combined = 0;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].is_set)
			combined |= flags[i].flag;
	return combined;
}

void volume_apply_options(struct volume *volume, const struct crypt_options *options)
{
	volume->flags = activation_flags(options);
	volume->key_slot =
		options->key_slot == CRYPT_KEY_SLOT_ANY ? CRYPT_ANY_SLOT : options->key_slot;
}

/* Whether the mapping @name is there already and is that of this very volume. */
static bool is_open_as(struct crypt_device *device, const char *name)
{
	const char *uuid = crypt_get_uuid(device), *other_uuid;
	struct crypt_device *other;
	bool same;

	if (crypt_init_by_name(&other, name) < 0)
		return false;
	other_uuid = crypt_get_uuid(other);
	same = uuid && other_uuid && strcmp(uuid, other_uuid) == 0;
	crypt_free(other);
	return same;
}

int volume_activate(const struct volume *volume, const struct secret *secret)
{
	int r;

	complaint_forget();
	r = crypt_activate_by_passphrase(volume->device, volume->name, volume->key_slot,
					 secret->bytes, secret->size, volume->flags);
	if (r == -EEXIST && is_open_as(volume->device, volume->name))
		return 0;
	return r < 0 ? r : 0; /* the number of the keyslot does not matter */
}
