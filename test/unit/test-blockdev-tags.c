/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "init/blockdev.h"
#include "support.h"

#define TAGS_MAX 24

struct tags_row {
	const char *name;
	const char *tags[TAGS_MAX];
	const char *expected;
};

/* As blockdev_describe() writes a device that was probed. */
static const struct tags_row rows[] = {
	{ "nothing", { NULL }, "/dev/sda: nothing known on it" },
	{ "a file system",
	  { "TYPE=ext4", "USAGE=filesystem", "UUID=aa-11", "LABEL=root" },
	  "/dev/sda: TYPE=\"ext4\" UUID=\"aa-11\" LABEL=\"root\"" },
	{ "a file system on a partition",
	  { "TYPE=vfat", "UUID=AB-CD", "PARTUUID=dd-44", "PARTLABEL=EFI System" },
	  "/dev/sda: TYPE=\"vfat\" UUID=\"AB-CD\" PARTUUID=\"dd-44\" PARTLABEL=\"EFI System\"" },
	{ "names of udev's",
	  { "TYPE=ext4", "BYID=ata-a", "SERIAL=a", "BYID=wwn-1", "BYPATH=pci-1", "PARTN=2" },
	  "/dev/sda: TYPE=\"ext4\" BYID=\"ata-a\" BYID=\"wwn-1\" BYPATH=\"pci-1\"" },
	{ "a partition table", { "PTTYPE=gpt" }, "/dev/sda: PTTYPE=\"gpt\"" },
	{ "an empty partition",
	  { "PARTUUID=dd-44" },
	  "/dev/sda: PARTUUID=\"dd-44\" nothing known on it" },
	{ "several superblocks",
	  { "TYPE=ext4", "UUID=1", "LABEL=a", "TYPE=swap", "UUID=2", "TYPE=crypto_LUKS", "UUID=3" },
	  "/dev/sda: TYPE=\"ext4\" UUID=\"1\" LABEL=\"a\" or TYPE=\"swap\" UUID=\"2\" or "
	  "TYPE=\"crypto_LUKS\" UUID=\"3\"" },
	{ "partition tags between superblocks",
	  { "TYPE=ext4", "PARTUUID=dd-44", "UUID=1", "TYPE=swap" },
	  "/dev/sda: TYPE=\"ext4\" UUID=\"1\" or TYPE=\"swap\" PARTUUID=\"dd-44\"" },
	{ "the first four of five superblocks",
	  { "TYPE=a", "UUID=1", "TYPE=b", "UUID=2", "TYPE=c", "UUID=3", "TYPE=d", "UUID=4",
	    "TYPE=e", "UUID=5" },
	  "/dev/sda: TYPE=\"a\" UUID=\"1\" or TYPE=\"b\" UUID=\"2\" or TYPE=\"c\" UUID=\"3\" or "
	  "TYPE=\"d\" UUID=\"4\"" },
	{ "what is not known",
	  { "VERSION=1.0", "TYPE=ext4", "SEC_TYPE=ext2", "BLOCK_SIZE=4096", "", "UUID", "type=x" },
	  "/dev/sda: TYPE=\"ext4\"" },
	{ "a UUID before any superblock",
	  { "UUID=1", "LABEL=x", "TYPE=ext4" },
	  "/dev/sda: TYPE=\"ext4\"" },
	{ "a value with =", { "TYPE=ext4", "LABEL=a=b" }, "/dev/sda: TYPE=\"ext4\" LABEL=\"a=b\"" },
	{ "an empty value", { "TYPE=ext4", "UUID=" }, "/dev/sda: TYPE=\"ext4\"" },
	{ "a label in UTF-8",
	  { "TYPE=ext4", "LABEL=Gr\xc3\xbc\xc3\x9f" },
	  "/dev/sda: TYPE=\"ext4\" LABEL=\"Gr\xc3\xbc\xc3\x9f\"" },
	{ "a label that clears the screen",
	  { "TYPE=ext4", "LABEL=\x1b[2J\a\r\n\x7f" },
	  "/dev/sda: TYPE=\"ext4\" LABEL=\"\\x1b[2J\\x07\\x0d\\x0a\\x7f\"" },
	{ "a UUID that clears the screen",
	  { "TYPE=ext4", "UUID=\x1b[2J" },
	  "/dev/sda: TYPE=\"ext4\" UUID=\"\\x1b[2J\"" },
	{ "a label with a C1 control in UTF-8, which the kernel's terminal obeys",
	  { "TYPE=ext4", "LABEL=\xc2\x9b"
			 "2J" },
	  "/dev/sda: TYPE=\"ext4\" LABEL=\"\\xc2\\x9b2J\"" },
	{ "a label with a C1 control in one byte",
	  { "TYPE=ext4", "LABEL=\x9b"
			 "2J" },
	  "/dev/sda: TYPE=\"ext4\" LABEL=\"\\x9b2J\"" },
};

static void fill_message(struct worker_message *message, const char *const *tags)
{
	worker_message_init(message, 0, 0);
	for (size_t i = 0; i < TAGS_MAX && tags[i]; i++)
		assert_int_equal(worker_message_add(message, tags[i]), 0);
}

static void sets_and_describes(void **state)
{
	const struct tags_row *row = *state;
	struct blockdev device = { .node = "/dev/sda", .state = BLOCKDEV_PROBED };
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct worker_message message;

	fill_message(&message, row->tags);
	assert_int_equal(blockdev_set_tags(&device, &message), 0);
	/* The tags are its own: the message may go. */
	memset(&message, 0xff, sizeof(message));
	blockdev_describe(&device, &text);
	assert_string_equal(strbuf_string(&text), row->expected);
	free(device.tags);
}

static void test_new_tags_replace_all_old_ones(void **state)
{
	static const char *const old[] = { "TYPE=ext4",   "UUID=1",     "LABEL=a",
					   "TYPE=swap",   "PTTYPE=dos", "PARTUUID=dd-44",
					   "PARTLABEL=x", NULL };
	static const char *const new[] = { "TYPE=xfs", NULL };
	struct blockdev device = { .node = "/dev/sda", .state = BLOCKDEV_PROBED };
	struct worker_message message;

	fill_message(&message, old);
	assert_int_equal(blockdev_set_tags(&device, &message), 0);
	assert_int_equal(device.n_superblocks, 2);
	fill_message(&message, new);
	assert_int_equal(blockdev_set_tags(&device, &message), 0);
	assert_int_equal(device.n_superblocks, 1);
	assert_string_equal(device.superblocks[0].type, "xfs");
	assert_string_equal(device.superblocks[0].uuid, "");
	assert_string_equal(device.pttype, "");
	assert_string_equal(device.partuuid, "");
	assert_string_equal(device.partlabel, "");
	free(device.tags);
}

struct state_row {
	const char *name;
	enum blockdev_state state;
	int error;
	const char *dm_name, *expected;
};

static const struct state_row state_rows[] = {
	{ "empty", BLOCKDEV_UNUSABLE, 0, NULL, "/dev/sda: empty" },
	{ "still being read", BLOCKDEV_PROBING, 0, NULL, "/dev/sda: still being read" },
	{ "unreadable", BLOCKDEV_FAILED, -EIO, NULL,
	  "/dev/sda: cannot be read: Input/output error" },
	{ "mapping", BLOCKDEV_PROBING, 0, "vg-root",
	  "/dev/sda: NAME=\"vg-root\" still being read" },
	{ "mapping with an odd name", BLOCKDEV_UNUSABLE, 0, "a\tb",
	  "/dev/sda: NAME=\"a\\x09b\" empty" },
};

static void describes_state(void **state)
{
	const struct state_row *row = *state;
	const struct blockdev device = {
		.node = "/dev/sda",
		.state = row->state,
		.error = row->error,
		.dm_name = (char *)row->dm_name,
	};
	_cleanup_strbuf_ struct strbuf text = { 0 };

	blockdev_describe(&device, &text);
	assert_string_equal(strbuf_string(&text), row->expected);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, sets_and_describes, rows);
	TEST(&list, test_new_tags_replace_all_old_ones);
	TEST_ROWS(&list, describes_state, state_rows);
	return test_list_run(&list);
}
