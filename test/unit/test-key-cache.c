/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's keyrings are the test's own, as far as system calls can tell. */
#include "init/key-cache.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/secret.h"
#include "base/vec.h"
#include "support.h"

#define SERIAL 42

static struct {
	bool exists, is_revoked;
	char bytes[8192];
	size_t size;
	unsigned int lifetime_sec; /* 0: for ever */
} key;

static int add_error, timeout_error;

/* The linker puts it in the place of syscall(2); see meson.build. */
long __wrap_syscall(long number, ...);

static long refuse(int error)
{
	errno = error;
	return -1;
}

static long add_key(const char *type, const char *name, const void *bytes, size_t size,
		    long keyring)
{
	assert_string_equal(type, "user");
	assert_string_equal(name, "cryptsetup");
	assert_int_equal(keyring, KEY_SPEC_USER_KEYRING);
	if (add_error)
		return refuse(add_error);
	/* As the kernel has it. */
	assert_in_range(size, 1, 32767);
	assert_in_range(size, 1, sizeof(key.bytes));
	memcpy(key.bytes, bytes, size);
	key.size = size;
	key.exists = true;
	key.lifetime_sec = 0;
	return SERIAL;
}

static long control_key(int command, va_list args)
{
	long id = va_arg(args, long);
	char *bytes;
	size_t size;

	switch (command) {
	case KEYCTL_SEARCH:
		assert_int_equal(id, KEY_SPEC_USER_KEYRING);
		assert_string_equal(va_arg(args, const char *), "user");
		assert_string_equal(va_arg(args, const char *), "cryptsetup");
		return key.exists ? SERIAL : refuse(ENOKEY);
	case KEYCTL_READ:
		assert_int_equal(id, SERIAL);
		bytes = va_arg(args, char *);
		size = va_arg(args, size_t);
		memcpy(bytes, key.bytes, MIN(size, key.size));
		return (long)key.size;
	case KEYCTL_SET_TIMEOUT:
		assert_int_equal(id, SERIAL);
		if (timeout_error)
			return refuse(timeout_error);
		key.lifetime_sec = va_arg(args, unsigned int);
		return 0;
	case KEYCTL_REVOKE:
		assert_int_equal(id, SERIAL);
		key.is_revoked = true;
		return 0;
	}
	fail_msg("nobody may do %d with a key", command);
	return -1;
}

long __wrap_syscall(long number, ...)
{
	const char *type, *name;
	const void *bytes;
	va_list args;
	size_t size;
	long r;

	va_start(args, number);
	if (number == SYS_keyctl) {
		int command = va_arg(args, int);

		r = control_key(command, args);
	} else {
		assert_int_equal(number, SYS_add_key);
		type = va_arg(args, const char *);
		name = va_arg(args, const char *);
		bytes = va_arg(args, const void *);
		size = va_arg(args, size_t);
		r = add_key(type, name, bytes, size, va_arg(args, long));
	}
	va_end(args);
	return r;
}

static void set_key(const char *bytes, size_t size)
{
	memset(&key, 0, sizeof(key));
	memcpy(key.bytes, bytes, size);
	key.size = size;
	key.exists = size > 0;
	add_error = timeout_error = 0;
}

static struct secret *new_secret(const char *text, size_t size)
{
	struct secret *secret = secret_new();

	assert_non_null(secret);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(secret_append(secret, text[i]), 0);
	return secret;
}

static int add(const char *text)
{
	struct secret *secret = new_secret(text, strlen(text));
	int r = key_cache_add(secret);

	secret_free(secret);
	return r;
}

/* Strings with NULs in them, and their sizes. */
#define BYTES(text) text, sizeof(text) - 1

struct add_row {
	const char *name;
	const char *before;
	size_t before_size;
	const char *added;
	const char *after;
	size_t after_size;
};

static const struct add_row add_rows[] = {
	{ "the first", BYTES(""), "first", BYTES("first") },
	{ "another", BYTES("first"), "second", BYTES("first\0second") },
	{ "a third", BYTES("first\0second"), "third", BYTES("first\0second\0third") },
	{ "one that is there", BYTES("first\0second"), "first", BYTES("first\0second") },
	{ "the beginning of one that is there", BYTES("first"), "fir", BYTES("first\0fir") },
};

static void adds(void **state)
{
	const struct add_row *row = *state;

	set_key(row->before, row->before_size);
	assert_int_equal(add(row->added), 0);
	assert_int_equal(key.size, row->after_size);
	assert_memory_equal(key.bytes, row->after, row->after_size);
	assert_int_equal(key.lifetime_sec, 150);
	assert_false(key.is_revoked);
}

static void test_empty_is_not_added(void **state)
{
	set_key("", 0);
	assert_int_equal(add(""), 0);
	assert_false(key.exists);
}

static void test_no_room(void **state)
{
	static char bytes[8 * (SECRET_MAX + 1)];

	memset(bytes, 'x', sizeof(bytes));
	set_key(bytes, sizeof(bytes) - 5);
	assert_int_equal(add("first"), 0);
	assert_int_equal(key.size, 5);
	assert_memory_equal(key.bytes, "first", 5);
	/* More than anybody reads. */
	set_key(bytes, sizeof(bytes));
	key.size = sizeof(bytes) + 1;
	assert_int_equal(add("first"), 0);
	assert_int_equal(key.size, 5);
}

static void test_no_keyrings(void **state)
{
	set_key("", 0);
	add_error = ENOSYS;
	assert_int_equal(add("first"), -ENOSYS);
}

/* Whoever cannot set an end must not leave one without. */
static void test_no_timeout(void **state)
{
	set_key("", 0);
	timeout_error = EACCES;
	assert_int_equal(add("first"), -EACCES);
	assert_true(key.is_revoked);
}

struct read_row {
	const char *name;
	const char *bytes;
	size_t size;
	const char *expected; /* a line each, after "known" */
};

static const struct read_row read_rows[] = {
	{ "none", BYTES(""), "" },
	{ "one", BYTES("first"), "first\n" },
	{ "two", BYTES("first\0second"), "first\nsecond\n" },
	{ "one that is known", BYTES("first\0known\0second"), "first\nsecond\n" },
	{ "the same twice", BYTES("first\0first"), "first\n" },
	{ "with a NUL at the end", BYTES("first\0"), "first\n" },
	{ "with empty ones", BYTES("\0\0first\0\0"), "first\n" },
};

static void free_secret(void *item)
{
	(void)secret_free(item);
}

static void reads(void **state)
{
	const struct read_row *row = *state;
	const struct secret *secret;
	struct vec secrets = { 0 };
	char text[128] = "";

	assert_int_equal(vec_push(&secrets, new_secret("known", 5)), 0);
	set_key(row->bytes, row->size);
	key_cache_read(&secrets);
	key_cache_read(&secrets);
	vec_for_each(secret, &secrets) {
		size_t used = strlen(text);

		if (secret_index > 0)
			(void)snprintf(text + used, sizeof(text) - used, "%.*s\n",
				       (int)secret->size, secret->bytes);
	}
	assert_string_equal(text, row->expected);
	vec_done(&secrets, free_secret);
}

static void test_too_long_to_be_typed(void **state)
{
	static char bytes[SECRET_MAX + 3];
	struct vec secrets = { 0 };

	memset(bytes, 'x', SECRET_MAX + 1);
	memcpy(bytes + SECRET_MAX + 1, "\0y", 2);
	set_key(bytes, sizeof(bytes));
	key_cache_read(&secrets);
	assert_int_equal(secrets.n_items, 1);
	vec_done(&secrets, free_secret);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, adds, add_rows);
	TEST(&list, test_empty_is_not_added);
	TEST(&list, test_no_room);
	TEST(&list, test_no_keyrings);
	TEST(&list, test_no_timeout);
	TEST_ROWS(&list, reads, read_rows);
	TEST(&list, test_too_long_to_be_typed);
	return test_list_run(&list);
}
