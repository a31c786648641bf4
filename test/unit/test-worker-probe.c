/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prober on images, made here or by the tools that make them in life, where there are any. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "init/worker.h"
#include "support.h"

#define IMAGE_BYTES (8 << 20)
#define UUID        "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"

static char image[64];

static void new_image(void)
{
	(void)snprintf(image, sizeof(image), "%s/image", scratch_directory());
	(void)unlink(image);
	write_text(image, "");
	assert_int_equal(truncate(image, IMAGE_BYTES), 0);
}

/* Whether the shell could run @command, where $1 is the image. */
static void run_tool_or_skip(const char *command)
{
	_cleanup_strbuf_ struct strbuf line = { 0 };
	int status;

	strbuf_printf(&line, "PATH=$PATH:/usr/sbin:/sbin; set -- %s; %s", image, command);
	status = system(strbuf_string(&line));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		skip();
	assert_int_equal(status, 0);
}

/* The result, and the reply's strings in one line. */
static int probe(const char *path, struct strbuf *tags)
{
	struct worker_message request, reply;
	int r;

	worker_message_init(&request, WORKER_PROBE, 0);
	assert_int_equal(worker_message_add(&request, path), 0);
	worker_message_init(&reply, 0, 0);
	r = worker_probe(&request, &reply);
	assert_int_equal(worker_message_validate(&reply, worker_message_size(&reply)), 0);
	for (unsigned int i = 0; *worker_message_get(&reply, i); i++)
		strbuf_printf(tags, "%s%s", i ? "|" : "", worker_message_get(&reply, i));
	return r;
}

static void assert_tags(const char *expected)
{
	_cleanup_strbuf_ struct strbuf tags = { 0 };

	assert_int_equal(probe(image, &tags), 0);
	assert_string_equal(strbuf_string(&tags), expected);
}

static void test_zeros(void **state)
{
	new_image();
	assert_tags("");
}

static void test_no_bytes(void **state)
{
	new_image();
	assert_int_equal(truncate(image, 0), 0);
	assert_tags("");
}

static void test_no_device(void **state)
{
	_cleanup_strbuf_ struct strbuf tags = { 0 };

	assert_int_equal(probe(scratch_path("none"), &tags), -ENOENT);
	assert_string_equal(strbuf_string(&tags), "");
}

static void test_swap_by_hand(void **state)
{
	new_image();
	write_swap_image(image, "my swap");
	assert_tags("TYPE=swap|UUID=11223344-5566-7788-99aa-bbccddeeff01|LABEL=my swap");
}

struct tool_row {
	const char *name, *command, *expected;
};

static const struct tool_row tool_rows[] = {
	{ "mkfs.ext4", "mkfs.ext4 -q -F -L 'my root' -U " UUID " $1",
	  "TYPE=ext4|UUID=" UUID "|LABEL=my root" },
	{ "mkfs.ext4 without a label", "mkfs.ext4 -q -F -U " UUID " $1", "TYPE=ext4|UUID=" UUID },
	{ "mkfs.vfat", "mkfs.vfat -i ABCD1234 -n EFI $1 >/dev/null",
	  "TYPE=vfat|UUID=ABCD-1234|LABEL=EFI" },
	{ "mkswap", "mkswap -q -U " UUID " $1", "TYPE=swap|UUID=" UUID },
	{ "sfdisk, gpt", "echo ',,L' | sfdisk -q --label gpt $1", "PTTYPE=gpt" },
	{ "sfdisk, dos", "echo ',,L' | sfdisk -q --label dos $1", "PTTYPE=dos" },
};

static void finds_what_tools_write(void **state)
{
	const struct tool_row *row = *state;

	new_image();
	run_tool_or_skip(row->command);
	assert_tags(row->expected);
}

/* See LUKS1 On-Disk Format Specification 1.2.3, figure 1. */
static void write_luks1_header(const char *uuid)
{
	char header[592] = "LUKS\xba\xbe\0\1aes";
	FILE *file = fopen(image, "r+e");

	memcpy(header + 40, "xts-plain64", 11);
	memcpy(header + 72, "sha256", 6);
	memcpy(header + 168, uuid, strlen(uuid));
	assert_non_null(file);
	assert_int_equal(fwrite(header, 1, sizeof(header), file), sizeof(header));
	assert_int_equal(fclose(file), 0);
}

/* What was there before it was encrypted is still to be found, and is not what is meant. */
static void test_luks(void **state)
{
	new_image();
	run_tool_or_skip("mkfs.ext4 -q -F -L root -U " UUID " $1");
	write_luks1_header("aa-11");
	assert_tags("TYPE=crypto_LUKS|UUID=aa-11");
}

/* Which of two is meant cannot be known here, so both are told, and TYPE begins each. */
static void test_ambivalent(void **state)
{
	new_image();
	run_tool_or_skip(
		"mkfs.ext4 -q -F -L root -U " UUID " $1 && cp $1 $1.ext4 && "
		"mkfs.vfat -R 32 -i ABCD1234 -n EFI $1 >/dev/null && "
		"dd if=$1.ext4 of=$1 bs=1024 skip=1 seek=1 count=1 conv=notrunc 2>/dev/null");
	assert_tags("TYPE=vfat|UUID=ABCD-1234|LABEL=EFI|"
		    "TYPE=ext4|UUID=" UUID "|LABEL=root");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_zeros);
	TEST(&list, test_no_bytes);
	TEST(&list, test_no_device);
	TEST(&list, test_swap_by_hand);
	TEST_ROWS(&list, finds_what_tools_write, tool_rows);
	TEST(&list, test_luks);
	TEST(&list, test_ambivalent);
	return test_list_run(&list);
}
