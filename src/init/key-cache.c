/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One key of the type "user" called "cryptsetup", whose content is the passphrases with a NUL
 * between any two: that is what ask-password-api.c of systemd reads and writes, there since 227.
 */
#include "init/key-cache.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/vec.h"

#define KEY_TYPE     "user"
#define KEY_NAME     "cryptsetup"
#define LIFETIME_SEC 150
#define USER_KEYRING ((long)KEY_SPEC_USER_KEYRING)

/* What the key holds. On the stack, and to be wiped. */
struct content {
	size_t size;
	char bytes[8 * (SECRET_MAX + 1)];
};

static void read_content(struct content *content)
{
	long key = syscall(SYS_keyctl, KEYCTL_SEARCH, USER_KEYRING, KEY_TYPE, KEY_NAME, 0);
	long size = -1;

	if (key >= 0)
		size = syscall(SYS_keyctl, KEYCTL_READ, key, content->bytes,
			       sizeof(content->bytes));
	/* If there is more, as the kernel tells by its size, it is not from typing. */
	content->size = size > 0 && size <= (long)sizeof(content->bytes) ? (size_t)size : 0;
}

/* The next of them from *@at on, which moves behind it. */
static const char *next_passphrase(const struct content *content, size_t *at, size_t *ret_size)
{
	const char *passphrase = content->bytes + *at;

	if (*at >= content->size)
		return NULL;
	*ret_size = strnlen(passphrase, content->size - *at);
	*at += *ret_size + 1;
	return passphrase;
}

static bool is_secret(const struct secret *secret, const char *passphrase, size_t size)
{
	return secret->size == size && memcmp(secret->bytes, passphrase, size) == 0;
}

static bool has_secret(const struct content *content, const struct secret *secret)
{
	const char *passphrase;
	size_t at = 0, size;

	while ((passphrase = next_passphrase(content, &at, &size)))
		if (is_secret(secret, passphrase, size))
			return true;
	return false;
}

/* Those that were there before give way to one for which there is no room. */
static void append(struct content *content, const struct secret *secret)
{
	if (content->size + 1 + secret->size > sizeof(content->bytes))
		content->size = 0;
	if (content->size > 0)
		content->bytes[content->size++] = '\0';
	memcpy(content->bytes + content->size, secret->bytes, secret->size);
	content->size += secret->size;
}

static int write_content(const struct content *content)
{
	long key = syscall(SYS_add_key, KEY_TYPE, KEY_NAME, content->bytes, content->size,
			   USER_KEYRING);
	int r;

	if (key < 0)
		return -errno;
	if (syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, LIFETIME_SEC) == 0)
		return 0;
	/* Not without an end. */
	r = -errno;
	(void)syscall(SYS_keyctl, KEYCTL_REVOKE, key);
	return r;
}

int key_cache_add(const struct secret *secret)
{
	struct content content;
	int r;

	/* The kernel has no empty keys, and the empty passphrase is not typed. */
	if (secret->size == 0)
		return 0;
	read_content(&content);
	if (!has_secret(&content, secret))
		append(&content, secret);
	r = write_content(&content);
	explicit_bzero(&content, sizeof(content));
	return r;
}

static bool is_known(const struct vec *secrets, const char *passphrase, size_t size)
{
	const struct secret *secret;

	vec_for_each(secret, secrets) {
		if (is_secret(secret, passphrase, size))
			return true;
	}
	return false;
}

static void add_to(struct vec *secrets, const char *passphrase, size_t size)
{
	struct secret *secret = secret_new();

	if (!secret)
		return;
	memcpy(secret->bytes, passphrase, size);
	secret->size = size;
	if (vec_push(secrets, secret) < 0)
		(void)secret_free(secret);
}

void key_cache_read(struct vec *secrets)
{
	struct content content;
	const char *passphrase;
	size_t at = 0, size;

	read_content(&content);
	while ((passphrase = next_passphrase(&content, &at, &size)))
		if (size > 0 && size <= SECRET_MAX && !is_known(secrets, passphrase, size))
			add_to(secrets, passphrase, size);
	explicit_bzero(&content, sizeof(content));
}
