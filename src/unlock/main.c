/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The unlock helper: opens one LUKS volume for /init, and is the only code that links
 * libcryptsetup. It lives in a process of its own because deriving a key takes seconds and up to
 * gigabytes, because the header is whatever stands on the disk, and so that a machine without
 * encryption pays nothing for it. The protocol is that of kindling/unlock-message.h.
 */
#include <errno.h>
#include <libcryptsetup.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "config/crypt-options.h"
#include "kindling/unlock-message.h"
#include "unlock/header-modules.h"

#define MESSAGE_FD 3

/* What is to be opened. */
struct volume {
	struct crypt_device *device;
	const char *name; /* of the mapping */
	int key_slot;
	uint32_t flags; /* of crypt_activate_by_passphrase() */
};

/* What libcryptsetup said last when it failed: better than the bare errno. */
static char last_error[512];

static void on_cryptsetup_log(int level, const char *text, void *userdata)
{
	size_t size = strcspn(text, "\n");

	if (level == CRYPT_LOG_ERROR)
		(void)snprintf(last_error, sizeof(last_error), "%.*s", (int)size, text);
	/* Its debug messages stay out: nobody promises that they hold nothing secret. */
	if (level == CRYPT_LOG_ERROR || level == CRYPT_LOG_VERBOSE || level == CRYPT_LOG_NORMAL)
		log_debug("libcryptsetup: %.*s", (int)size, text);
}

/* Returns @result. That nobody listens any more will show at the next read. */
static int send_message(enum unlock_message_type type, int result, const char *text)
{
	struct unlock_message message = { .type = type, .result = result };

	(void)snprintf(message.text, sizeof(message.text), "%s", text);
	(void)send(MESSAGE_FD, &message, sizeof(message), MSG_NOSIGNAL);
	return result;
}

static int _printf_(2, 3) send_failure(int result, const char *format, ...)
{
	char text[sizeof(((struct unlock_message *)0)->text)];
	size_t size;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	size = strlen(text);
	(void)snprintf(text + size, sizeof(text) - size, ": %s",
		       last_error[0] ? last_error : strerror(-result));
	return send_message(UNLOCK_RESULT, result, text);
}

/* 1: a passphrase was read; 0: there will be none; or negative errno. */
static int read_passphrase(struct secret *secret)
{
	struct unlock_passphrase_header header;
	size_t have = 0;
	ssize_t n;

	n = read(STDIN_FILENO, &header, sizeof(header));
	if (n != (ssize_t)sizeof(header))
		return n < 0 ? -errno : 0;
	if (header.size > sizeof(secret->bytes))
		return -EMSGSIZE;
	while (have < header.size) {
		n = read(STDIN_FILENO, secret->bytes + have, header.size - have);
		if (n <= 0)
			return n < 0 ? -errno : 0;
		have += (size_t)n;
	}
	secret->size = header.size;
	return 1;
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

static int activate(const struct volume *volume, const struct secret *secret)
{
	int r;

	last_error[0] = '\0';
	r = crypt_activate_by_passphrase(volume->device, volume->name, volume->key_slot,
					 secret->bytes, secret->size, volume->flags);
	if (r == -EEXIST && is_open_as(volume->device, volume->name))
		return 0;
	return r < 0 ? r : 0; /* the number of the keyslot does not matter */
}

/* Tries passphrases until one fits, or until none could. */
static int serve_passphrases(const struct volume *volume, struct secret *secret)
{
	for (;;) {
		int r = read_passphrase(secret);

		if (r <= 0)
			return r;
		r = activate(volume, secret);
		secret_clear(secret);
		if (r == 0)
			return send_message(UNLOCK_RESULT, 0, "");
		if (r != -EPERM)
			return send_failure(r, "libcryptsetup cannot activate it");
		(void)send_message(UNLOCK_RESULT, r, "no keyslot takes this passphrase");
	}
}

static int open_volume(const struct volume *volume)
{
	struct secret *secret;
	char modules[512];
	int r;

	r = crypt_load(volume->device, CRYPT_LUKS, NULL);
	if (r < 0)
		return send_failure(r, "its LUKS header cannot be used");
	header_modules(volume->device, modules, sizeof(modules));
	(void)send_message(UNLOCK_HEADER_READ, 0, modules);

	secret = secret_new();
	if (!secret)
		return send_failure(-ENOMEM, "no memory for a passphrase");
	r = serve_passphrases(volume, secret);
	(void)secret_free(secret);
	return r;
}

static uint32_t activation_flags(const struct crypt_options *options)
{
	const struct {
		bool is_set;
		uint32_t flag;
	} flags[] = {
		{ true, CRYPT_ACTIVATE_SERIALIZE_MEMORY_HARD_PBKDF },
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

/* What makes no sense in them, /init has told. */
static int apply_options(const char *text, struct volume *volume)
{
	struct crypt_options options;
	struct vec warnings = { 0 };
	int r = crypt_options_parse(text, "options", &options, &warnings);

	volume->flags = activation_flags(&options);
	volume->key_slot =
		options.key_slot == CRYPT_KEY_SLOT_ANY ? CRYPT_ANY_SLOT : options.key_slot;
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

	crypt_set_log_callback(NULL, on_cryptsetup_log, NULL);
	volume.name = argv[2];
	r = apply_options(argv[3], &volume);
	if (r < 0)
		return send_failure(r, "its options cannot be kept") < 0;
	r = crypt_init(&volume.device, argv[1]);
	if (r < 0)
		return send_failure(r, "%s cannot be opened", argv[1]) < 0;
	crypt_set_log_callback(volume.device, on_cryptsetup_log, NULL);
	r = open_volume(&volume);
	crypt_free(volume.device);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
