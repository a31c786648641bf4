/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The unlock helper: opens one LUKS volume for /init, and is the only code that links
 * libcryptsetup. It lives in a process of its own because deriving a key takes seconds and up to
 * gigabytes, because the header is whatever stands on the disk, and so that a machine without
 * encryption pays nothing for it. The protocol is that of kindling/unlock-message.h.
 */
#include <errno.h>
#include <libcryptsetup.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/vec.h"
#include "config/crypt-options.h"
#include "config/luks-limits.h"
#include "unlock/activate.h"
#include "unlock/channel.h"
#include "unlock/complaint.h"
#include "unlock/confine.h"
#include "unlock/header-modules.h"
#include "unlock/image-limits.h"
#include "unlock/volume-header.h"

/* Tries passphrases until one fits, or until none could. */
static int serve_passphrases(const struct volume *volume, struct secret *secret)
{
	for (;;) {
		int r = channel_read_passphrase(secret);

		if (r <= 0)
			return r;
		r = volume_activate(volume, secret);
		secret_clear(secret);
		if (r == 0)
			return channel_send(UNLOCK_RESULT, 0, "");
		if (r != -EPERM)
			return channel_send_failure(r, "libcryptsetup cannot activate it");
		(void)channel_send(UNLOCK_RESULT, r, "no keyslot takes this passphrase");
	}
}

static int open_header(struct volume *volume, const char *path)
{
	const struct volume_header header = { .path = path, .key_slot = volume->key_slot };
	struct luks_limits limits;
	uint64_t memory_kib;
	char modules[512];
	int r;

	r = image_limits_read(&limits);
	if (r < 0)
		return channel_send_failure(r, "what the image allows cannot be kept");
	r = volume_header_open(&header, &limits, &volume->device, &memory_kib);
	if (r < 0)
		return r;
	confine_memory(memory_kib);
	header_modules(volume->device, modules, sizeof(modules));
	channel_send_header_read(modules, memory_kib);
	return 0;
}

static int open_volume(const struct volume *volume)
{
	struct secret *secret;
	int r;

	secret = secret_new();
	if (!secret)
		return channel_send_failure(-ENOMEM, "no memory for a passphrase");
	r = serve_passphrases(volume, secret);
	(void)secret_free(secret);
	return r;
}

/* What makes no sense in them, /init has told. */
static int apply_options(const char *text, struct volume *volume)
{
	struct crypt_options options;
	struct vec warnings = { 0 };
	int r = crypt_options_parse(text, "options", &options, &warnings);

	volume_apply_options(volume, &options);
	crypt_options_done(&options);
	vec_done(&warnings, free);
	return r;
}

int main(int argc, char **argv)
{
	struct volume volume;
	int r;

	log_set_name("kindling-unlock");
	if (argc != 4) {
		log_err("this is the helper that /init of Kindling opens LUKS volumes with; it is "
			"not for use by hand");
		return EXIT_FAILURE;
	}
	(void)log_open_kmsg();
	confine_process();

	complaint_listen(NULL);
	volume.name = argv[2];
	r = apply_options(argv[3], &volume);
	if (r < 0)
		return channel_send_failure(r, "its options cannot be kept") < 0;
	if (open_header(&volume, argv[1]) < 0)
		return EXIT_FAILURE;
	r = open_volume(&volume);
	crypt_free(volume.device);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
