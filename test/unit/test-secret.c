/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/secret.h"
#include "support.h"

static unsigned int n_unmapped;
static bool unmapped_was_wiped;
static const char *locked;
static size_t locked_size;

/* The linker puts them in the place of those; see meson.build. */
int __wrap_mlock(const void *address, size_t size);
int __real_munmap(void *address, size_t size);
int __wrap_munmap(void *address, size_t size);

/* Only noted: a sanitizer would not lock, and not everybody may. */
int __wrap_mlock(const void *address, size_t size)
{
	locked = address;
	locked_size = size;
	return -1;
}

static bool is_wiped(const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((const char *)bytes)[i])
			return false;
	return true;
}

int __wrap_munmap(void *address, size_t size)
{
	n_unmapped++;
	unmapped_was_wiped = is_wiped(address, size);
	return __real_munmap(address, size);
}

static struct secret *new_secret(const char *text)
{
	struct secret *secret = secret_new();

	assert_non_null(secret);
	for (; *text; text++)
		assert_int_equal(secret_append(secret, *text), 0);
	return secret;
}

static void test_new_is_empty(void **state)
{
	struct secret *secret = secret_new();

	assert_non_null(secret);
	assert_int_equal(secret->size, 0);
	assert_null(secret_free(secret));
	assert_null(secret_free(NULL));
}

static void test_full(void **state)
{
	struct secret *secret = secret_new();

	for (unsigned int i = 0; i < SECRET_MAX; i++)
		assert_int_equal(secret_append(secret, (char)('a' + i % 26)), 0);
	assert_int_equal(secret_append(secret, 'X'), -ENOBUFS);
	assert_int_equal(secret->size, SECRET_MAX);
	assert_int_equal(secret->bytes[SECRET_MAX - 1], 'a' + (SECRET_MAX - 1) % 26);
	secret_free(secret);
}

struct erase_row {
	const char *name, *before, *after;
};

static const struct erase_row erase_rows[] = {
	{ "nothing to erase", "", "" },
	{ "one byte", "ab", "a" },
	{ "two bytes", "a\xc3\xa4", "a" },
	{ "three bytes", "a\xe2\x82\xac", "a" },
	{ "four bytes", "a\xf0\x9f\x94\x91", "a" },
	{ "only the last of two", "\xc3\xa4\xc3\xb6", "\xc3\xa4" },
	{ "continuation bytes without a first one", "\x80\x80", "" },
	{ "a first byte alone", "a\xc3", "a" },
};

static void erases_character(void **state)
{
	const struct erase_row *row = *state;
	struct secret *secret = new_secret(row->before);

	secret_erase_last_character(secret);
	assert_int_equal(secret->size, strlen(row->after));
	assert_memory_equal(secret->bytes, row->after, secret->size);
	assert_true(is_wiped(secret->bytes + secret->size, SECRET_MAX - secret->size));
	secret_free(secret);
}

static void test_clear(void **state)
{
	struct secret *secret = new_secret("hunter2");

	secret_clear(secret);
	assert_true(is_wiped(secret, sizeof(*secret)));
	assert_int_equal(secret_append(secret, 'a'), 0);
	assert_int_equal(secret->size, 1);
	secret_free(secret);
}

static void test_wiped_before_given_back(void **state)
{
	struct secret *secret = new_secret("hunter2");

	n_unmapped = 0;
	secret_free(secret);
	assert_int_equal(n_unmapped, 1);
	assert_true(unmapped_was_wiped);
}

/* Finds "VmFlags:" of the mapping that holds @address. */
static bool find_flags(const void *address, char *buf, size_t size)
{
	_cleanup_fclose_ FILE *smaps = fopen("/proc/self/smaps", "re");
	unsigned long from, to, wanted = (unsigned long)address;
	bool within = false;

	while (smaps && fgets(buf, (int)size, smaps)) {
		if (sscanf(buf, "%lx-%lx ", &from, &to) == 2)
			within = from <= wanted && wanted < to;
		else if (within && strncmp(buf, "VmFlags:", 8) == 0)
			return true;
	}
	return false;
}

static void test_is_locked_even_if_that_fails(void **state)
{
	struct secret *secret = secret_new();

	assert_non_null(secret);
	assert_ptr_equal(locked, secret);
	assert_true(locked_size >= sizeof(*secret));
	secret_free(secret);
}

static void test_pages_are_private(void **state)
{
	struct secret *secret = new_secret("hunter2");
	char flags[512];

	if (!find_flags(secret, flags, sizeof(flags))) {
		secret_free(secret);
		skip();
	}
	assert_non_null(strstr(flags, " dd ")); /* not in core dumps */
	assert_non_null(strstr(flags, " dc ")); /* not in forked children */
	secret_free(secret);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_new_is_empty);
	TEST(&list, test_full);
	TEST_ROWS(&list, erases_character, erase_rows);
	TEST(&list, test_clear);
	TEST(&list, test_wiped_before_given_back);
	TEST(&list, test_is_locked_even_if_that_fails);
	TEST(&list, test_pages_are_private);
	return test_list_run(&list);
}
