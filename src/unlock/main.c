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
#include <sys/prctl.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/vec.h"
#include "config/crypt-options.h"
#include "unlock/activate.h"
#include "unlock/channel.h"
#include "unlock/complaint.h"
#include "unlock/header-modules.h"

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

static int open_volume(const struct volume *volume)
{
	struct secret *secret;
	char modules[512];
	int r;

	r = crypt_load(volume->device, CRYPT_LUKS, NULL);
	if (r < 0)
		return channel_send_failure(r, "its LUKS header cannot be used");
	header_modules(volume->device, modules, sizeof(modules));
	(void)channel_send(UNLOCK_HEADER_READ, 0, modules);

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
	(void)prctl(PR_SET_DUMPABLE, 0);

	complaint_listen(NULL);
	volume.name = argv[2];
	r = apply_options(argv[3], &volume);
	if (r < 0)
		return channel_send_failure(r, "its options cannot be kept") < 0;
	r = crypt_init(&volume.device, argv[1]);
	if (r < 0)
		return channel_send_failure(r, "%s cannot be opened", argv[1]) < 0;
	complaint_listen(volume.device);
	r = open_volume(&volume);
	crypt_free(volume.device);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
