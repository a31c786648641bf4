/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "init/worker-message.h"
#include "support.h"

#define HEADER_SIZE offsetof(struct worker_message, strings)

static void test_strings(void **state)
{
	struct worker_message message;

	worker_message_init(&message, WORKER_MOUNT, 1);
	assert_int_equal(worker_message_size(&message), HEADER_SIZE);
	assert_string_equal(worker_message_get(&message, 0), "");
	assert_int_equal(worker_message_add(&message, "/dev/vda2"), 0);
	assert_int_equal(worker_message_add(&message, ""), 0);
	assert_int_equal(worker_message_add(&message, "ext4"), 0);

	assert_int_equal(message.code, WORKER_MOUNT);
	assert_int_equal(message.number, 1);
	assert_string_equal(worker_message_get(&message, 0), "/dev/vda2");
	assert_string_equal(worker_message_get(&message, 1), "");
	assert_string_equal(worker_message_get(&message, 2), "ext4");
	assert_string_equal(worker_message_get(&message, 3), "");
	assert_string_equal(worker_message_get(&message, 4000), "");
	assert_int_equal(worker_message_size(&message), HEADER_SIZE + 10 + 1 + 5);
	assert_int_equal(worker_message_validate(&message, worker_message_size(&message)), 0);
}

static void test_full(void **state)
{
	struct worker_message message;
	char string[WORKER_STRINGS_MAX + 1];

	memset(string, 'a', sizeof(string));
	string[WORKER_STRINGS_MAX] = '\0';
	worker_message_init(&message, 0, 0);
	assert_int_equal(worker_message_add(&message, string), -EMSGSIZE);
	assert_int_equal(message.strings_size, 0);

	string[WORKER_STRINGS_MAX - 1] = '\0';
	assert_int_equal(worker_message_add(&message, string), 0);
	assert_int_equal(worker_message_size(&message), HEADER_SIZE + WORKER_STRINGS_MAX);
	assert_int_equal(worker_message_add(&message, ""), -EMSGSIZE);
	assert_string_equal(worker_message_get(&message, 0), string);
	assert_int_equal(worker_message_validate(&message, worker_message_size(&message)), 0);
}

struct datagram_row {
	const char *name;
	uint32_t strings_size; /* as it is claimed */
	size_t size;           /* as it arrived */
	int result;
};

/* The strings are "a", "b" and then letters without an end. */
static const struct datagram_row datagram_rows[] = {
	{ "no strings", 0, HEADER_SIZE, 0 },
	{ "one string", 2, HEADER_SIZE + 2, 0 },
	{ "two strings", 4, HEADER_SIZE + 4, 0 },
	{ "nothing at all", 0, 0, -EBADMSG },
	{ "half a header", 0, HEADER_SIZE - 1, -EBADMSG },
	{ "fewer strings than claimed", 4, HEADER_SIZE + 2, -EBADMSG },
	{ "more strings than claimed", 2, HEADER_SIZE + 4, -EBADMSG },
	{ "an open string", 1, HEADER_SIZE + 1, -EBADMSG },
	{ "an open string after others", 5, HEADER_SIZE + 5, -EBADMSG },
	{ "more than there is room for", WORKER_STRINGS_MAX + 1,
	  HEADER_SIZE + WORKER_STRINGS_MAX + 1, -EBADMSG },
	{ "a size that overflows", UINT32_MAX, HEADER_SIZE - 1, -EBADMSG },
};

static void validates(void **state)
{
	const struct datagram_row *row = *state;
	struct worker_message message = { .strings_size = row->strings_size };

	memset(message.strings, 'x', sizeof(message.strings));
	memcpy(message.strings, "a\0b", 4);
	assert_int_equal(worker_message_validate(&message, row->size), row->result);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_strings);
	TEST(&list, test_full);
	TEST_ROWS(&list, validates, datagram_rows);
	return test_list_run(&list);
}
