/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/activate.h"

#include <errno.h>
#include <libcryptsetup.h>
#include <stdbool.h>
#include <string.h>

#include "base/macro.h"
#include "base/str.h"
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
	volume->options = options;
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

/* Of what libcryptsetup returns: the number of the keyslot does not matter. */
static int conclude(const struct volume *volume, int r)
{
	if (r == -EEXIST && is_open_as(volume->device, volume->name))
		return 0;
	return r < 0 ? r : 0;
}

int volume_activate(const struct volume *volume, const struct secret *secret)
{
	complaint_forget();
	return conclude(volume,
			crypt_activate_by_passphrase(volume->device, volume->name, volume->key_slot,
						     secret->bytes, secret->size, volume->flags));
}

/* A path, or NULL for the one that the plug-in finds. */
static const char *get_device(const char *option)
{
	return option && !str_equal(option, "auto") ? option : NULL;
}

/*
 * What systemd's plug-in for TPMs may be given, as its tpm2-util.h has it. Fields were added at its
 * end, so there are some more.
 */
struct tpm2_params {
	uint32_t pcr_mask;
	const char *device, *signature_path, *pcrlock_path;
	const void *unknown[4];
};

int volume_activate_by_token(const struct volume *volume, int token, enum token_kind kind,
			     const struct secret *pin)
{
	const struct crypt_options *options = volume->options;
	struct tpm2_params tpm2 = {
		.pcr_mask = UINT32_MAX, /* those that the token is for */
		.device = get_device(options->tpm2_device),
		.signature_path = options->tpm2_signature,
		.pcrlock_path = options->tpm2_pcrlock,
	};
	void *params = NULL;

	if (kind == TOKEN_KIND_TPM2 && (tpm2.device || tpm2.signature_path || tpm2.pcrlock_path))
		params = &tpm2;
	else if (kind == TOKEN_KIND_FIDO2)
		params = (char *)get_device(options->fido2_device);
	complaint_forget();
	return conclude(volume,
			crypt_activate_by_token_pin(volume->device, volume->name, NULL, token,
						    pin ? pin->bytes : NULL, pin ? pin->size : 0,
						    params, volume->flags));
}
