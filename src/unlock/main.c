/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The unlock helper: opens one LUKS volume for /init, and is the only code that links
 * libcryptsetup. It lives in a process of its own because deriving a key takes seconds and up to
 * gigabytes, because the header is whatever stands on the disk, and so that a machine without
 * encryption pays nothing for it. Plug-ins for tokens are loaded in a second one. The protocol is
 * that of kindling/unlock-message.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <libcryptsetup.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/vec.h"
#include "config/crypt-options.h"
#include "config/luks-limits.h"
#include "unlock/activate.h"
#include "unlock/channel.h"
#include "unlock/complaint.h"
#include "unlock/confine.h"
#include "unlock/header-modules.h"
#include "unlock/header-tokens.h"
#include "unlock/image-limits.h"
#include "unlock/tokens.h"
#include "unlock/volume-header.h"

enum means {
	BY_PASSPHRASE,
	BY_TOKENS,
};

/* Tries passphrases until one fits, or until none could. */
static int serve_passphrases(const struct volume *volume, struct secret *secret)
{
	for (;;) {
		enum unlock_request_type type;
		int r = channel_read_request(&type, secret);

		if (r <= 0)
			return r;
		if (type != UNLOCK_TRY_PASSPHRASE)
			return -EPROTO;
		r = volume_activate(volume, secret);
		secret_clear(secret);
		if (r == 0)
			return channel_send(UNLOCK_RESULT, 0, "");
		if (r != -EPERM)
			return channel_send_failure(r, "libcryptsetup cannot activate it");
		(void)channel_send(UNLOCK_RESULT, r, "no keyslot takes this passphrase");
	}
}

static void tell_header(const struct volume *volume, uint64_t memory_kib)
{
	char tokens[512], modules[512];

	header_tokens(volume->device, tokens, sizeof(tokens));
	if (*tokens)
		(void)channel_send(UNLOCK_TOKENS_FOUND, 0, tokens);
	header_modules(volume->device, modules, sizeof(modules));
	channel_send_header_read(modules, memory_kib);
}

static int open_header(struct volume *volume, const char *path, enum means means)
{
	const struct volume_header header = { .path = path, .key_slot = volume->key_slot };
	struct luks_limits limits;
	uint64_t memory_kib;
	int r;

	r = image_limits_read(&limits);
	if (r < 0)
		return channel_send_failure(r, "what the image allows cannot be kept");
	r = volume_header_open(&header, &limits, &volume->device, &memory_kib);
	if (r < 0)
		return r;
	confine_memory(memory_kib);
	if (means == BY_PASSPHRASE)
		tell_header(volume, memory_kib);
	return 0;
}

static int open_volume(const struct volume *volume, enum means means)
{
	struct secret *secret;
	int r;

	secret = secret_new();
	if (!secret)
		return channel_send_failure(-ENOMEM, "no memory for a passphrase");
	r = means == BY_TOKENS ? tokens_serve(volume, secret) : serve_passphrases(volume, secret);
	(void)secret_free(secret);
	return r;
}

/* What makes no sense in them, /init has told. */
static int parse_options(const char *text, struct crypt_options *ret_options)
{
	struct vec warnings = { 0 };
	int r = crypt_options_parse(text, "options", ret_options, &warnings);

	vec_done(&warnings, free);
	return r;
}

/* What libraries print is for the log: on the console it would stand in the middle of a question.
 */
static void redirect_output(void)
{
	_cleanup_close_ int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)dup2(fd, STDOUT_FILENO);
	(void)dup2(fd, STDERR_FILENO);
}

/* @argv: DEVICE NAME OPTIONS */
static int run(char **argv, enum means means)
{
	struct volume volume = { .name = argv[1] };
	struct crypt_options options;
	int r;

	complaint_listen(NULL);
	/* Plug-ins are for the helper that may crash. */
	if (means == BY_TOKENS)
		redirect_output();
	else
		crypt_token_external_disable();
	r = parse_options(argv[2], &options);
	volume_apply_options(&volume, &options);
	if (r < 0)
		(void)channel_send_failure(r, "its options cannot be kept");
	else
		r = open_header(&volume, argv[0], means);
	if (r >= 0) {
		r = open_volume(&volume, means);
		crypt_free(volume.device);
	}
	crypt_options_done(&options);
	return r;
}

static int tell_plug_ins(void)
{
	const char *path = crypt_token_external_path();

	return path && puts(path) != EOF && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	bool by_tokens = argc == 5 && str_equal(argv[1], UNLOCK_BY_TOKENS);

	log_set_name("kindling-unlock");
	if (argc == 2 && str_equal(argv[1], UNLOCK_TELL_PLUG_INS))
		return tell_plug_ins();
	if (argc != 4 && !by_tokens) {
		log_err("this is the helper that /init of Kindling opens LUKS volumes with; it is "
			"not for use by hand");
		return EXIT_FAILURE;
	}
	(void)log_open_kmsg();
	confine_process();
	return run(argv + argc - 3, by_tokens ? BY_TOKENS : BY_PASSPHRASE) < 0 ? EXIT_FAILURE
									       : EXIT_SUCCESS;
}
