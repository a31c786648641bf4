/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variables as efivarfs shows them: four bytes of attributes, then UTF-16. */
#include <errno.h>
#include <string.h>

#include "init/worker.h"
#include "support.h"

#define VARIABLE(bytes)                  \
	{                                \
		bytes, sizeof(bytes) - 1 \
	}

struct efi_row {
	const char *name;
	struct {
		const char *bytes;
		size_t size;
	} content;
	int error;
	const char *expected;
};

static const struct efi_row rows[] = {
	{ "terminated", VARIABLE("\6\0\0\0A\0-\0001\0\0\0"), 0, "A-1" },
	{ "not terminated", VARIABLE("\6\0\0\0A\0-\0001\0"), 0, "A-1" },
	{ "something behind the end", VARIABLE("\6\0\0\0A\0\0\0B\0"), 0, "A" },
	{ "half a character at the end", VARIABLE("\6\0\0\0A\0B"), 0, "A" },
	{ "empty", VARIABLE("\6\0\0\0\0\0"), -EBADMSG, "" },
	{ "attributes alone", VARIABLE("\6\0\0\0"), -EBADMSG, "" },
	{ "less than that", VARIABLE("\6"), -EBADMSG, "" },
	{ "no ASCII", VARIABLE("\6\0\0\0A\0\xe9\0"), -EBADMSG, "" },
	{ "no Latin", VARIABLE("\6\0\0\0A\0A\1"), -EBADMSG, "" },
	{ "a control character", VARIABLE("\6\0\0\0A\0\33\0"), -EBADMSG, "" },
};

static void reads(void **state)
{
	const struct efi_row *row = *state;
	struct worker_message request, reply;

	write_file(scratch_path("Variable-1"), row->content.bytes, row->content.size);
	worker_message_init(&request, WORKER_READ_EFI, 0);
	assert_int_equal(worker_message_add(&request, scratch_directory()), 0);
	assert_int_equal(worker_message_add(&request, "Variable-1"), 0);
	worker_message_init(&reply, 0, 0);
	assert_int_equal(worker_read_efi(&request, &reply), row->error);
	assert_string_equal(worker_message_get(&reply, 0), row->expected);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, reads, rows);
	return test_list_run(&list);
}
